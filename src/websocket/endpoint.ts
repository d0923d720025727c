import type {
  AcceptedWebSocket,
  AcceptWebSocketOptions,
  WebSocketClosed,
  WebSocketHandlers,
  WebSocketRequest,
} from './server/server-socket.ts'
import {
  ABNORMAL_CODE,
  isServerCloseCode,
  MAX_REASON_BYTES,
  NO_STATUS_CODE,
  TOO_BIG_CODE,
} from './close-frame.ts'
import type { SocketCounters } from './counters.ts'
import { Downlink } from './server/downlink.ts'
import { Fifo } from '../platform/fifo.ts'
import { Inbox } from './server/inbox.ts'
import { Outbox } from './outbox.ts'
import type { CloseMessage, DataMessage, UpMessage } from './messages.ts'
import { readUpMessage } from './messages.ts'

/** What waits while the socket is paused; of a message over the limit only that it came. */
type Held = DataMessage | CloseMessage | { type: 'oversized'; byteLength: number }

type State = 'waiting' | 'requested' | 'open' | 'closing' | 'closed'

const LOST: WebSocketClosed = { code: ABNORMAL_CODE, reason: '', wasClean: false }

const encoder = new TextEncoder()
// A leading U+FEFF is part of the message.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Behind {@link acceptWebSocket}: the state machine of the other end. */
export class Endpoint implements AcceptedWebSocket {
  readonly counters: SocketCounters
  readonly #downlink: Downlink
  readonly #handlers: WebSocketHandlers
  readonly #options: Required<AcceptWebSocketOptions>
  readonly #life = new AbortController()
  readonly #inbox: Inbox
  readonly #outbox: Outbox
  /** What came while paused: bounded by the window, which admits nothing more until this is delivered. */
  readonly #held = new Fifo<Held>()
  #state: State = 'waiting'
  #request: WebSocketRequest | undefined
  #pageWindowBytes = 0
  #paused = false
  #delivering = false
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
    this.#outbox.start(this.#pageWindowBytes)
  }

  refuse(): void {
    if (!this.#answering('refuse')) return
    this.#downlink.post({ type: 'refuse' })
    this.#state = 'closed'
    this.#letGo()
  }

  send(data: Uint8Array<ArrayBuffer> | string): boolean {
    if (this.#state === 'closing' || this.#state === 'closed') return true
    if (this.#state !== 'open') throw new DOMException('The socket was not accepted yet', 'InvalidStateError')
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
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    // A handler that resumes is inside the loop below already.
    if (this.#delivering) return
    this.#delivering = true
    while (!this.#paused && this.#state === 'open') {
      const held = this.#held.shift()
      if (held === undefined) break
      this.#deliver(held)
    }
    this.#delivering = false
  }

  close(code?: number, reason = ''): void {
    if (code !== undefined && !isServerCloseCode(code)) {
      throw new DOMException(`A server may not close with the code ${code}`, 'InvalidAccessError')
    }
    if (encoder.encode(reason).byteLength > MAX_REASON_BYTES) {
      throw new DOMException(`The reason is longer than ${MAX_REASON_BYTES} bytes`, 'SyntaxError')
    }
    if (this.#state === 'requested') this.refuse()
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#ourClose = code === undefined ? { type: 'close', reason: '' } : { type: 'close', code, reason }
    for (let held = this.#held.shift(); held !== undefined; held = this.#held.shift()) this.#deliver(held)
    this.#progress()
  }

  drop(): void {
    if (this.#state === 'closed') return
    this.#downlink.post({ type: 'drop' })
    this.#end(LOST)
  }

  /** Whether the request can be answered: not when the page has given up since. */
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

  /** False for a message that means nothing now. */
  #take(message: UpMessage): boolean {
    const { type } = message
    switch (type) {
      case 'open': {
        if (this.#state !== 'waiting') return false
        this.#state = 'requested'
        this.#pageWindowBytes = message.windowBytes
        const request = { url: message.url, protocols: message.protocols }
        this.#request = request
        this.#tell(() => this.#handlers.open(request))
        return true
      }
      case 'text':
      case 'binary':
        return this.#takeData(message)
      case 'credit':
        return this.#outbox.release(message.bytes, message.messages)
      case 'close':
        if (this.#state !== 'open' && this.#state !== 'closing') return false
        this.#deliverInTurn(message)
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
      this.#deliverInTurn({ type: 'oversized', byteLength })
    } else {
      this.#deliverInTurn(message)
    }
    return true
  }

  #deliverInTurn(held: Held): void {
    if (this.#state === 'open' && (this.#paused || this.#delivering)) this.#held.push(held)
    else this.#deliver(held)
  }

  #deliver(held: Held): void {
    const { type } = held
    switch (type) {
      case 'text':
      case 'binary':
        this.#deliverData(held)
        return
      case 'oversized':
        this.#handled(held.byteLength)
        if (this.#state !== 'open') return
        this.counters.oversizedMessages += 1
        this.close(TOO_BIG_CODE, `a message has more than ${this.#options.maxMessageBytes} bytes`)
        return
      case 'close':
        this.#closedByPage(held)
        return
      default:
        held satisfies never
    }
  }

  #deliverData({ type, data }: DataMessage): void {
    const { byteLength } = data
    let pending: void | Promise<void> | undefined
    if (this.#state === 'open') {
      const message = type === 'text' ? decoder.decode(data) : new Uint8Array(data)
      this.#downlink.postpone()
      pending = this.#tell(() => this.#handlers.message(message))
    }
    if (pending === undefined) this.#handled(byteLength)
    else void this.#handledAfter(pending, byteLength)
    this.#downlink.proceed()
  }

  /** A promise that rejects, against its contract, gives its credit back and is reported as unhandled. */
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
      this.#tell(() => this.#handlers.drain?.())
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

  /** The page begins the handshake, or answers ours, or both ends began at once: then each sees the other's code. */
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
    if (asked) this.#tell(() => this.#handlers.closed?.(event))
  }

  #letGo(): void {
    this.#life.abort()
    this.#downlink.end()
    this.#outbox.clear()
    this.#held.clear()
  }

  /** A handler's own failure must not keep this socket from its next step; it is reported where it is not caught. */
  #tell<T>(handler: () => T): T | undefined {
    try {
      return handler()
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
      return undefined
    }
  }
}
