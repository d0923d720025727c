import type {
  AcceptedWebSocket,
  AcceptWebSocketOptions,
  WebSocketClosed,
  WebSocketHandlers,
  WebSocketRequest,
} from './server-socket.ts'
import { ABNORMAL_CODE, NO_STATUS_CODE, TOO_BIG_CODE } from '../close-frame.ts'
import type { SocketCounters } from '../counters.ts'
import { callHandler } from './call-handler.ts'
import { Downlink } from './downlink.ts'
import { Inbox } from './inbox.ts'
import { PausableQueue } from './pausable-queue.ts'
import { serverClose } from './server-close.ts'
import { Outbox } from '../outbox.ts'
import type { CloseMessage, DataMessage, UpMessage } from '../messages.ts'
import { readUpMessage } from '../messages.ts'

/** What the page sent, for the handlers. Of a message over the limit, only its size is kept. */
type Received = DataMessage | CloseMessage | { type: 'oversized'; byteLength: number }

type State = 'waiting' | 'requested' | 'open' | 'closing' | 'closed'

const LOST: WebSocketClosed = { code: ABNORMAL_CODE, reason: '', wasClean: false }

const encoder = new TextEncoder()
// A leading U+FEFF is part of the message, not a byte order mark.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** The server's end of a socket: the state machine behind `acceptWebSocket`. */
export class Endpoint implements AcceptedWebSocket {
  readonly counters: SocketCounters
  readonly #downlink: Downlink
  readonly #handlers: WebSocketHandlers
  readonly #options: Required<AcceptWebSocketOptions>
  readonly #life = new AbortController()
  readonly #inbox: Inbox
  readonly #outbox: Outbox
  /** Bounded by the window: the inbox admits nothing more until these are handled. */
  readonly #received = new PausableQueue<Received>((received) => this.#deliver(received))
  #state: State = 'waiting'
  #request: WebSocketRequest | undefined
  /** Bytes that the page lets this end send ahead of the page's handlers; 0 until the page has asked. */
  #sendWindowBytes = 0
  #wantsDrain = false
  #ourClose: CloseMessage | undefined
  #ourClosePosted = false

  constructor(port: MessagePort, handlers: WebSocketHandlers, options: Required<AcceptWebSocketOptions>) {
    this.#downlink = new Downlink(port, options.windowBytes)
    this.#handlers = handlers
    this.#options = options
    this.counters = options.counters
    this.#inbox = new Inbox(options.windowBytes)
    this.#outbox = new Outbox({
      post: (message) => this.#downlink.post(message),
      progress: () => this.#progress(),
      unreadable: () => this.drop(),
    })
    const { signal } = this.#life
    port.addEventListener('message', ({ data }) => this.#receive(data), { signal })
    port.addEventListener('messageerror', () => this.#malformed(), { signal })
    port.start()
  }

  get request(): WebSocketRequest | undefined {
    return this.#request
  }

  get bufferedAmount(): number {
    return this.#outbox.bufferedAmount
  }

  accept(protocol = ''): void {
    if (!this.#answering('accept')) return
    this.#state = 'open'
    this.#downlink.post({ type: 'accept', protocol, windowBytes: this.#options.windowBytes })
    this.#outbox.start(this.#sendWindowBytes)
  }

  refuse(): void {
    if (!this.#answering('refuse')) return
    this.#downlink.post({ type: 'refuse' })
    this.#state = 'closed'
    this.#letGo()
  }

  send(data: Uint8Array<ArrayBuffer> | string): boolean {
    if (this.#state === 'closing' || this.#state === 'closed') return true
    if (this.#state !== 'open')
      throw new DOMException('The socket has not been accepted yet', 'InvalidStateError')
    const bytes = typeof data === 'string' ? encoder.encode(data) : data
    const { byteLength } = bytes
    const content = byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer
    const posted = this.#outbox.push({
      type: typeof data === 'string' ? 'text' : 'binary',
      byteLength,
      content,
    })
    if (!posted) this.#wantsDrain = true
    return posted
  }

  pause(): void {
    this.#received.pause()
  }

  resume(): void {
    this.#received.resume()
  }

  close(code?: number, reason = ''): void {
    const close = serverClose(code, reason)
    if (this.#state === 'requested') this.refuse()
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#ourClose = close
    this.#received.flush()
    this.#progress()
  }

  drop(): void {
    if (this.#state === 'closed') return
    this.#downlink.post({ type: 'drop' })
    this.#end(LOST)
  }

  /**
   * Whether the request can still be answered: the page may have given up. Throws InvalidStateError if there
   * is none.
   */
  #answering(how: string): boolean {
    if (this.#state === 'closed') return false
    if (this.#state === 'requested') return true
    throw new DOMException(`There is no request to ${how}`, 'InvalidStateError')
  }

  #malformed(): void {
    this.counters.malformedMessages += 1
  }

  #receive(data: unknown): void {
    const message = readUpMessage(data)
    if (message === undefined || !this.#take(message)) this.#malformed()
  }

  /** Returns false for a message that makes no sense in the present state. */
  #take(message: UpMessage): boolean {
    const { type } = message
    switch (type) {
      case 'open': {
        if (this.#state !== 'waiting') return false
        this.#state = 'requested'
        this.#sendWindowBytes = message.windowBytes
        const request = { url: message.url, protocols: message.protocols }
        this.#request = request
        callHandler(() => this.#handlers.open(request))
        return true
      }
      case 'text':
      case 'binary':
        return this.#takeData(message)
      case 'credit':
        return this.#outbox.release(message.bytes, message.messages)
      case 'close':
        if (this.#state !== 'open' && this.#state !== 'closing') return false
        this.#received.push(message)
        return true
      case 'abandon':
        if (this.#state === 'waiting') return false
        this.#end(LOST)
        return true
      default:
        return message satisfies never
    }
  }

  #takeData(message: DataMessage): boolean {
    if (this.#state !== 'open' && this.#state !== 'closing') return false
    const { credit } = message
    if (credit !== undefined && !this.#outbox.release(credit.bytes, credit.messages)) return false
    const { byteLength } = message.data
    if (!this.#inbox.admit(byteLength)) {
      this.counters.windowViolations += 1
      this.drop()
    } else if (byteLength > this.#options.maxMessageBytes) {
      this.#received.push({ type: 'oversized', byteLength })
    } else {
      this.#received.push(message)
    }
    return true
  }

  #deliver(received: Received): void {
    const { type } = received
    switch (type) {
      case 'text':
      case 'binary':
        this.#deliverData(received)
        return
      case 'oversized':
        this.#handled(received.byteLength)
        if (this.#state !== 'open') return
        this.counters.oversizedMessages += 1
        this.close(TOO_BIG_CODE, `a message has more than ${this.#options.maxMessageBytes} bytes`)
        return
      case 'close':
        this.#closedByPage(received)
        return
      default:
        received satisfies never
    }
  }

  #deliverData({ type, data }: DataMessage): void {
    const { byteLength } = data
    let pending: void | Promise<void> | undefined
    if (this.#state === 'open') {
      const message = type === 'text' ? decoder.decode(data) : new Uint8Array(data)
      this.#downlink.postpone()
      pending = callHandler(() => this.#handlers.message(message))
    }
    if (pending === undefined) this.#handled(byteLength)
    else void this.#handledAfter(pending, byteLength)
    this.#downlink.proceed()
  }

  /**
   * A handler's promise should not reject. If it does, its credit is returned and the rejection is reported
   * as unhandled.
   */
  async #handledAfter(pending: Promise<void>, byteLength: number): Promise<void> {
    try {
      await pending
    } finally {
      this.#handled(byteLength)
    }
  }

  #handled(byteLength: number): void {
    if (this.#state === 'closed') return
    this.#inbox.release(byteLength)
    this.#downlink.giveBack(byteLength)
  }

  #progress(): void {
    if (this.#state === 'open' && this.#wantsDrain && this.#outbox.hasRoom) {
      this.#wantsDrain = false
      callHandler(() => this.#handlers.drain?.())
    } else if (this.#state === 'closing' && this.#outbox.isEmpty) {
      this.#postOurClose()
    }
  }

  #postOurClose(): void {
    if (this.#ourClose === undefined || this.#ourClosePosted) return
    this.#ourClosePosted = true
    this.#downlink.post(this.#ourClose)
    const timer = setTimeout(() => this.drop(), this.#options.closeTimeoutMs)
    this.#life.signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  }

  /**
   * The page starts the closing handshake, or answers ours. If both ends start at the same time, each sees
   * the other's code.
   */
  #closedByPage(theirs: CloseMessage): void {
    this.#outbox.clear()
    this.#ourClose ??= theirs
    this.#postOurClose()
    this.#end({ code: theirs.code ?? NO_STATUS_CODE, reason: theirs.reason, wasClean: true })
  }

  #end(event: WebSocketClosed): void {
    if (this.#state === 'closed') return
    const asked = this.#state !== 'waiting'
    this.#state = 'closed'
    this.#letGo()
    if (asked) callHandler(() => this.#handlers.closed?.(event))
  }

  #letGo(): void {
    this.#life.abort()
    this.#downlink.end()
    this.#outbox.clear()
    this.#received.clear()
  }
}
