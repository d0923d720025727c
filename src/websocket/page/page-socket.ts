import { ABNORMAL_CODE, NO_STATUS_CODE } from '../close-frame.ts'
import { CreditReturn, PAGE_CREDIT_DELAY_MS, withCredit } from '../credit-return.ts'
import { EventHandler } from '../../platform/event-handler.ts'
import type { Parcel } from '../outbox.ts'
import { Outbox } from '../outbox.ts'
import type { PageSocketInit } from './page-socket-init.ts'
import type { Platform } from './platform.ts'
import type { CloseMessage, Credit, DataMessage, DownMessage, UpMessage } from '../messages.ts'
import { readDownMessage } from '../messages.ts'

/** The values of `readyState`. */
export const CONNECTING = 0
export const OPEN = 1
export const CLOSING = 2
export const CLOSED = 3

/**
 * The state of one WebSocket in the page (WHATWG WebSockets standard). The interface that the page sees is in
 * `prototype.ts`.
 *
 * Every event is dispatched in a task of its own: that of the port message that caused it, or one of the task
 * queue.
 */
export class PageSocket {
  readonly url: string
  readonly handlers: Record<'open' | 'message' | 'error' | 'close', EventHandler>
  binaryType: 'blob' | 'arraybuffer' = 'blob'
  readonly #init: PageSocketInit
  readonly #platform: Platform
  readonly #target: EventTarget
  readonly #outbox: Outbox
  readonly #creditReturn: CreditReturn
  readonly #stopReceiving: () => void
  #readyState: number = CONNECTING
  #protocol = ''
  /**
   * Bytes of messages that `send` took and that will never leave. `bufferedAmount` keeps counting them, as
   * the standard says.
   */
  #strandedBytes = 0
  /** Our Close frame, which is posted after everything that was sent before. */
  #close: CloseMessage | undefined
  #closePosted = false
  #stopWaiting: () => void = () => undefined
  /** Whether a message of the server's end has arrived, so its port has too. */
  #heard = false
  /** Whether the port is no longer used. The last events have been dispatched or are in the task queue. */
  #detached = false

  constructor(target: EventTarget, init: PageSocketInit) {
    const { platform, port, url, protocols, windowBytes } = init
    this.url = url
    this.#init = init
    this.#platform = platform
    this.#target = target
    this.handlers = {
      open: new EventHandler(platform, target, 'open'),
      message: new EventHandler(platform, target, 'message'),
      error: new EventHandler(platform, target, 'error'),
      close: new EventHandler(platform, target, 'close'),
    }
    this.#outbox = new Outbox({
      post: (message) => this.#post(message),
      progress: () => this.#postClose(),
      unreadable: () => this.fail(),
    })
    this.#creditReturn = new CreditReturn({
      windowBytes,
      post: (credit) => this.#postNow({ type: 'credit', bytes: credit.bytes, messages: credit.messages }),
      later: (callback) => platform.delay(PAGE_CREDIT_DELAY_MS, callback),
    })
    this.#stopReceiving = platform.receive(port, (message) => this.#arrived(message))
    this.#post({ type: 'open', url, protocols, windowBytes })
  }

  get readyState(): number {
    this.#noticeGone()
    return this.#readyState
  }

  get protocol(): string {
    return this.#protocol
  }

  get bufferedAmount(): number {
    return this.#outbox.bufferedAmount + this.#strandedBytes
  }

  /** Sends one message of the page. The state must not be CONNECTING. */
  send(parcel: Parcel): void {
    if (this.readyState === OPEN && !this.#detached) this.#outbox.push(parcel)
    else this.#strandedBytes += parcel.byteLength
  }

  /** Closes the socket as the page's `close` does, once its arguments have been checked. */
  close(code: number | undefined, reason: string): void {
    this.#noticeGone()
    if (this.#readyState === CONNECTING) {
      this.#readyState = CLOSING
      this.fail()
    } else if (this.#readyState === OPEN) {
      this.#readyState = CLOSING
      // A reason without a code cannot travel in a Close frame.
      this.#close = code === undefined ? { type: 'close', reason: '' } : { type: 'close', code, reason }
      this.#awaitClose()
      this.#postClose()
    }
  }

  /** Fails the connection with `error` and close 1006, in a task. Does nothing if it has ended. */
  fail(): void {
    if (this.#detached) return
    this.#post({ type: 'abandon' })
    this.#detach()
    this.#init.tasks.queue(() => this.#finish(ABNORMAL_CODE, '', false, true))
  }

  /** Fails the connection, unless it only waits for the answer to its Close frame. */
  failUnclosed(): void {
    if (!this.#closePosted) this.fail()
  }

  /**
   * Closes the socket without an event if its window shows another document or none: nothing is dispatched
   * there any more.
   */
  #noticeGone(): void {
    if (this.#readyState === CLOSED || !this.#platform.isGone()) return
    this.#post({ type: 'abandon' })
    if (!this.#detached) this.#detach()
    this.#readyState = CLOSED
    this.#init.ended()
  }

  #post(message: UpMessage): void {
    if ('data' in message) {
      this.#postNow(withCredit(message, this.#creditReturn.take()))
    } else {
      this.#creditReturn.flush()
      this.#postNow(message)
    }
  }

  #postNow(message: UpMessage): void {
    if (!this.#detached)
      this.#platform.post(this.#init.port, message, 'data' in message ? message.data : undefined)
  }

  #postClose(): void {
    if (this.#close === undefined || this.#closePosted || this.#detached || !this.#outbox.isEmpty) return
    this.#closePosted = true
    this.#post(this.#close)
  }

  /** Gives up a closing handshake without progress, as browsers do: close 1006 without `error`. */
  #awaitClose(): void {
    this.#stopWaiting()
    this.#stopWaiting = this.#platform.delay(this.#init.closeTimeoutMs, () => {
      this.#post({ type: 'abandon' })
      this.#detach()
      this.#finish(ABNORMAL_CODE, '', false, false)
    })
  }

  #arrived(data: unknown): void {
    const { tasks } = this.#init
    if (tasks.isBusy) tasks.queue(() => this.#receive(data))
    else this.#receive(data)
  }

  #receive(data: unknown): void {
    if (this.#detached) return
    this.#heard = true
    const message = readDownMessage(data)
    if (message === undefined || !this.#take(message)) this.#init.counters.malformedMessages += 1
  }

  /** Returns false for a message that makes no sense in the present state. */
  #take(message: DownMessage): boolean {
    const { type } = message
    switch (type) {
      case 'accept':
        if (this.#readyState !== CONNECTING) return false
        this.#opened(message.protocol, message.windowBytes)
        return true
      case 'refuse':
        if (this.#readyState !== CONNECTING) return false
        this.#detach()
        this.#finish(ABNORMAL_CODE, '', false, true)
        return true
      case 'text':
      case 'binary':
        if (this.#readyState === CONNECTING) return false
        if (message.credit !== undefined && !this.#credited(message.credit)) return false
        this.#message(message)
        return true
      case 'credit':
        return this.#credited(message)
      case 'close':
        if (this.#readyState === CONNECTING) return false
        this.#closedByPeer(message)
        return true
      case 'drop': {
        const failed = this.#readyState === CONNECTING
        this.#detach()
        this.#finish(ABNORMAL_CODE, '', false, failed)
        return true
      }
      default:
        return message satisfies never
    }
  }

  /** Returns false if that is more than is in flight. */
  #credited({ bytes, messages }: Credit): boolean {
    if (!this.#outbox.release(bytes, messages)) return false
    if (this.#readyState === CLOSING) this.#awaitClose()
    return true
  }

  /**
   * Opens the socket. Fails it if the server chose a protocol that was not offered, or none of those that
   * were.
   */
  #opened(protocol: string, windowBytes: number): void {
    const { protocols } = this.#init
    let offered = protocols.length === 0 && protocol === ''
    for (let index = 0; index < protocols.length; index++) offered ||= protocols[index] === protocol
    if (!offered) {
      this.fail()
      return
    }
    this.#readyState = OPEN
    this.#protocol = protocol
    this.#outbox.start(windowBytes)
    this.#dispatch(this.#platform.event('open'))
  }

  #message({ type, data }: DataMessage): void {
    const bytes = this.#platform.byteLength(data)
    if (this.#readyState === OPEN) {
      const value = type === 'text' ? this.#platform.decode(data) : this.#binary(data)
      this.#dispatch(this.#platform.messageEvent(value, this.#init.origin))
    }
    // Only after every listener has run: a message that the page is busy with uses the window.
    if (!this.#detached) this.#creditReturn.add(bytes)
  }

  #binary(data: ArrayBuffer): ArrayBuffer | Blob {
    return this.binaryType === 'blob' ? this.#platform.blob(data) : data
  }

  #closedByPeer({ code, reason }: CloseMessage): void {
    if (!this.#closePosted) {
      this.#post(code === undefined ? { type: 'close', reason } : { type: 'close', code, reason })
    }
    this.#detach()
    this.#finish(code ?? NO_STATUS_CODE, reason, true, false)
  }

  /**
   * Stops using the port. Messages that have not left never will, but `bufferedAmount` keeps counting them.
   */
  #detach(): void {
    this.#detached = true
    this.#stopWaiting()
    this.#strandedBytes += this.#outbox.queuedBytes
    this.#outbox.clear()
    this.#stopReceiving()
    const { port, closeTimeoutMs } = this.#init
    const close = (): void => this.#platform.closePort(port)
    // If the other port is still being transferred, closing this one makes Firefox lose the `abandon`
    // message.
    if (this.#heard) close()
    else this.#platform.delay(closeTimeoutMs, close)
  }

  #finish(code: number, reason: string, wasClean: boolean, failed: boolean): void {
    this.#readyState = CLOSED
    this.#init.ended()
    if (failed) this.#dispatch(this.#platform.event('error'))
    this.#dispatch(this.#platform.closeEvent(code, reason, wasClean))
  }

  #dispatch(event: Event): void {
    this.#platform.dispatch(this.#target, event)
  }
}
