import type { Deferred } from '../../platform/deferred.ts'
import { defer } from '../../platform/deferred.ts'
import type { EventHandler } from '../standard/event-handlers.ts'
import { defineHandlers } from '../standard/event-handlers.ts'
import { Fifo } from '../../platform/fifo.ts'
import { isRecord } from '../messages/guards.ts'
import type { ChannelDescription, FromPump, Part, ToPump } from '../messages/messages.ts'
import { costOf } from '../messages/part-cost.ts'
import { isFromPump } from '../messages/pump-guards.ts'
import type { RTCError } from '../standard/rtc-error.ts'
import { RTCErrorEvent } from '../standard/rtc-error.ts'
import type { Outgoing, SendLimits } from '../pump/send-queue.ts'
import { SendQueue, sizeOf } from '../pump/send-queue.ts'
import { tasks } from '../../platform/task-queue.ts'
import { asRtcError, reviveError, unreachable } from '../standard/error-message.ts'
import { domString, unsignedLong } from '../standard/webidl.ts'

/** What a borrowed channel is made from; only a borrowed connection has one. */
export interface BorrowedChannelInit {
  description: ChannelDescription
  readyState: 'connecting' | 'open'
  port: MessagePort
  sendLimits: SendLimits
  /** Messages that are told in one task: see `BorrowedRtcOptions`. */
  messagesPerTask: number
  /** Bytes of the largest message that the other peer takes; null while that is not known. */
  maxMessageSize(): number | null
  /** Whether the other peer loses a closing that comes right after the opening: see {@link CLOSE_AFTER_OPEN_MS}. */
  losesEarlyClosing(): boolean
  /** Resolves once the connection has told what had happened to it before; never rejects. */
  settled(): Promise<void>
  /** The channel is closed and tells nothing any more. */
  ended(channel: BorrowedDataChannel): void
  /** A message on the port was malformed or came at a wrong time. */
  ignored(): void
}

/** Credit goes back to the pump in grains of this: a message of its own for each part that came would cost as much as the part. */
const CREDIT_GRAIN_BYTES = 131_072
/** Milliseconds after which less than a grain goes back, as a pump whose window is small, or full of one message, waits for it. */
const CREDIT_DELAY_MS = 10

/**
 * Milliseconds for which a channel to Firefox stays open at least, where nothing has come from there yet.
 *
 * Firefox 153 loses the closing of a channel that it has not finished to open: it neither closes its own half, nor does this
 * half's `close` event ever come. It was seen for one channel of three, up to a few milliseconds after the opening; never
 * after 20 ms. `@libp2p/webrtc` closes its first channel at once, and waits for that event.
 */
const CLOSE_AFTER_OPEN_MS = 100

/** What waits to be told, in order: each in a task of its own. */
type Told =
  | { type: 'message'; part: Part }
  | Extract<FromPump, { type: 'open' | 'closing' | 'error' | 'closed' }>
  | { type: 'lost'; error: RTCError }

/** What a connection does with a channel of its own, and a page can't. */
export interface ChannelControl {
  /** Begins to tell what the pump says; for a channel of the other peer, after its `datachannel` event. */
  start(): void
  /** Its connection was closed here: it is closed at once, and only `close` follows. */
  abandon(): void
  /**
   * Ends the channel after what carried it has gone: messages that had arrived are dispatched first, then `error` with this error,
   * then `close`. Until the `error` event its state stays as it was, because a sender would otherwise learn of the end from an
   * exception that doesn't give the reason.
   */
  lose(error: RTCError): void
  /** Resolves when everything has been told, `close` last. */
  over: Promise<void>
}

export let controlOf: (channel: BorrowedDataChannel) => ChannelControl

/** Whether it is a borrowed channel. */
export let isDataChannel: (value: unknown) => value is BorrowedDataChannel

/**
 * The standard's RTCDataChannel over a port to the pump that holds the real one (W3C WebRTC, section 6.2).
 *
 * It differs from the real one in this: on a connected connection `id` is null until the tab has answered, on any other until the
 * channel opens; and what it buffers is known in grains (see `DEFAULT_REPORT_BYTES`), never too low.
 */
export class BorrowedDataChannel extends EventTarget {
  static {
    isDataChannel = (value): value is BorrowedDataChannel => isRecord(value) && #init in value
    controlOf = (channel) => ({
      start: () => channel.#init.port.start(),
      abandon: () => channel.#abandon(),
      lose: (error) => channel.#lose(error),
      over: channel.#over.promise,
    })
    defineHandlers(
      this.prototype,
      ['open', 'bufferedamountlow', 'error', 'closing', 'close', 'message'],
      isDataChannel,
    )
  }

  declare onopen: EventHandler
  declare onbufferedamountlow: EventHandler
  declare onerror: EventHandler
  declare onclosing: EventHandler
  declare onclose: EventHandler
  declare onmessage: EventHandler

  readonly #init: BorrowedChannelInit
  readonly #sending: SendQueue
  readonly #told = new Fifo<Told>()
  readonly #over: Deferred<void> = defer()
  #telling = false
  /** Whether what happened to the connection before the other peer closed this channel has been told. */
  #settled = false
  #taken = 0
  #giveBackSoon: ReturnType<typeof setTimeout> | undefined

  #id: number | null
  #readyState: RTCDataChannelState
  #opened = false
  /** When it was opened here, until the other peer's first message. */
  #openSince: number | undefined
  #closeSoon: ReturnType<typeof setTimeout> | undefined
  /** Of what comes from the pump nothing is told after the end: what is still in the port would follow a gap, or `close`. */
  readonly #life = new AbortController()
  #closedHere = false
  /** What carried it has gone. */
  #lost = false
  #binaryType: BinaryType = 'arraybuffer'
  #threshold = 0

  /** The standard gives this class no constructor: a connection makes its channels. */
  constructor(init: BorrowedChannelInit) {
    super()
    this.#init = init
    this.#id = init.description.id
    this.#readyState = init.readyState
    this.#sending = new SendQueue(
      {
        post: (message, transfer) => this.#post(message, transfer),
        failed: (error) => this.#lose(asRtcError(new Error(`a Blob could not be read: ${String(error)}`))),
      },
      init.sendLimits,
    )
    const { signal } = this.#life
    init.port.addEventListener(
      'message',
      ({ data }: MessageEvent<unknown>) => {
        if (!isFromPump(data) || !this.#receive(data)) init.ignored()
      },
      { signal },
    )
    init.port.addEventListener('messageerror', () => init.ignored(), { signal })
  }

  get label(): string {
    return this.#init.description.label
  }
  get ordered(): boolean {
    return this.#init.description.ordered
  }
  get maxPacketLifeTime(): number | null {
    return this.#init.description.maxPacketLifeTime
  }
  get maxRetransmits(): number | null {
    return this.#init.description.maxRetransmits
  }
  get protocol(): string {
    return this.#init.description.protocol
  }
  get negotiated(): boolean {
    return this.#init.description.negotiated
  }
  get id(): number | null {
    return this.#id
  }
  get readyState(): RTCDataChannelState {
    return this.#readyState
  }

  /** Bytes given to `send` that the real channel has not reported as gone. */
  get bufferedAmount(): number {
    return this.#sending.bufferedAmount
  }

  get bufferedAmountLowThreshold(): number {
    return this.#threshold
  }
  set bufferedAmountLowThreshold(value: unknown) {
    this.#threshold = unsignedLong(value)
  }

  get binaryType(): BinaryType {
    return this.#binaryType
  }
  /** Another word is ignored, as an enumeration's attribute does. */
  set binaryType(value: unknown) {
    const word = domString(value)
    this.#binaryType = word === 'blob' || word === 'arraybuffer' ? word : this.#binaryType
  }

  /**
   * Sends text, or a copy of bytes. Throws InvalidStateError unless open, TypeError for a message larger than the other
   * peer takes, and OperationError when more than the bound is buffered.
   */
  send(...data: unknown[]): void {
    if (data.length === 0) throw new TypeError('1 argument required, but only 0 present.')
    const outgoing = outgoingOf(data[0])
    if (this.#readyState !== 'open') {
      throw new DOMException("RTCDataChannel.readyState is not 'open'", 'InvalidStateError')
    }
    const max = this.#init.maxMessageSize() ?? Infinity
    if (sizeOf(outgoing) > max) {
      throw new TypeError('Trying to send message larger than max-message-size')
    }
    this.#sending.push(outgoing, max)
  }

  /** Closes the channel once what was sent before has gone out; the `close` event follows. */
  close(): void {
    if (this.#readyState === 'closing' || this.#readyState === 'closed') return
    this.#readyState = 'closing'
    this.#closedHere = true
    const ageMs = this.#openSince === undefined ? Infinity : performance.now() - this.#openSince
    if (ageMs >= CLOSE_AFTER_OPEN_MS || !this.#init.losesEarlyClosing()) this.#sending.close()
    else this.#closeSoon = setTimeout(() => this.#sending.close(), CLOSE_AFTER_OPEN_MS - ageMs)
  }

  #abandon(): void {
    if (this.#readyState === 'closed') return
    this.#told.clear()
    this.#readyState = 'closed'
    this.#end()
    tasks.push(() => this.#close())
  }

  #lose(error: RTCError): void {
    if (this.#lost || this.#readyState === 'closed') return
    this.#lost = true
    // Where only this channel fails, the real one is still there.
    this.#post({ type: 'close' }, [])
    this.#end()
    // The end that a pump may have told of already, and nobody has heard, is this one.
    this.#told.keep(({ type }) => type !== 'closing' && type !== 'closed')
    this.#tell({ type: 'lost', error })
    this.#tell({ type: 'closed' })
  }

  /** False if the message makes no sense at this time. */
  #receive(message: FromPump): boolean {
    switch (message.type) {
      case 'id':
        if (this.#id !== null && this.#id !== message.id) return false
        this.#id = message.id
        return true
      case 'data':
        for (const part of message.parts) this.#told.push({ type: 'message', part })
        this.#beginTelling()
        return true
      case 'gone':
        return this.#gone(message.bytes)
      case 'open':
        if (this.#opened) return false
        this.#opened = true
        this.#tell(message)
        return true
      case 'closing':
      case 'error':
      case 'closed':
        this.#tell(message)
        return true
      default:
        return unreachable(message)
    }
  }

  #gone(bytes: number): boolean {
    const before = this.bufferedAmount
    if (!this.#sending.gone(bytes)) return false
    if (before > this.#threshold && this.bufferedAmount <= this.#threshold) {
      this.dispatchEvent(new Event('bufferedamountlow'))
    }
    return true
  }

  #tell(told: Told): void {
    this.#told.push(told)
    this.#beginTelling(told)
  }

  #beginTelling(told?: Told): void {
    if (this.#telling) return
    this.#telling = true
    // What comes from the port is in a task already; only what is lost is told from within somebody's call.
    if (told?.type === 'lost') tasks.push(() => this.#tellNext())
    else this.#tellNext()
  }

  /** Tells one thing, or some messages. Promise callbacks run before the next, as between two events of the browser's own. */
  #tellNext(): void {
    const told = this.#told.peek()
    if (told === undefined) {
      this.#telling = false
      return
    }
    if (this.#overtakes(told)) {
      this.#settled = true
      // In a task of its own, so that whoever waited for the connection runs before.
      void this.#init.settled().then(() => tasks.push(() => this.#tellNext()))
      return
    }
    this.#told.shift()
    this.#dispatch(told)
    this.#tellMessages(this.#init.messagesPerTask - 1)
    if (this.#told.peek() === undefined) this.#telling = false
    else tasks.push(() => this.#tellNext())
  }

  #tellMessages(count: number): void {
    for (let left = count; left > 0; left -= 1) {
      const next = this.#told.peek()
      if (next?.type !== 'message') return
      this.#told.shift()
      this.#dispatch(next)
    }
  }

  /**
   * Whether this could come before what happened earlier. The pump is faster than the tab's main thread, so the end of a
   * channel would overtake the connection's events and answers; in a page it comes behind them, and code relies on that:
   * @libp2p/webrtc misses a channel that is closed between an answer and the look at its state.
   */
  #overtakes(told: Told): boolean {
    return !this.#settled && !this.#closedHere && (told.type === 'closing' || told.type === 'closed')
  }

  #dispatch(told: Told): void {
    switch (told.type) {
      case 'message':
        this.#message(told.part)
        break
      case 'open':
        this.#id ??= told.id
        if (this.#closedHere) break
        if (this.#readyState === 'connecting') {
          this.#readyState = 'open'
          this.#openSince = performance.now()
        }
        this.dispatchEvent(new Event('open'))
        break
      case 'closing':
        if (this.#closedHere || this.#readyState === 'closed') break
        this.#readyState = 'closing'
        this.dispatchEvent(new Event('closing'))
        break
      case 'error':
        this.dispatchEvent(new RTCErrorEvent('error', { error: asRtcError(reviveError(told.error)) }))
        break
      case 'lost':
        this.#readyState = 'closing'
        this.dispatchEvent(new RTCErrorEvent('error', { error: told.error }))
        break
      case 'closed':
        if (this.#readyState === 'closed') break
        this.#readyState = 'closed'
        this.#end()
        this.#close()
        break
      default:
        unreachable(told)
    }
  }

  #message(part: Part): void {
    this.#openSince = undefined
    const cost = costOf(part)
    // After close() the standard discards what still arrives; its credit goes back all the same.
    if (!this.#closedHere) {
      const data = typeof part !== 'string' && this.#binaryType === 'blob' ? new Blob([part]) : part
      this.dispatchEvent(new MessageEvent('message', { data }))
    }
    this.#taken += cost
    if (this.#taken >= CREDIT_GRAIN_BYTES) this.#giveBack()
    else this.#giveBackSoon ??= setTimeout(() => this.#giveBack(), CREDIT_DELAY_MS)
  }

  #giveBack(): void {
    clearTimeout(this.#giveBackSoon)
    this.#giveBackSoon = undefined
    this.#post({ type: 'taken', cost: this.#taken }, [])
    this.#taken = 0
  }

  #close(): void {
    this.dispatchEvent(new Event('close'))
    this.#over.resolve()
  }

  #end(): void {
    clearTimeout(this.#giveBackSoon)
    clearTimeout(this.#closeSoon)
    this.#sending.end()
    this.#life.abort()
    this.#init.port.close()
    this.#init.ended(this)
  }

  #post(message: ToPump, transfer: Transferable[]): void {
    this.#init.port.postMessage(message, transfer)
  }
}

/** What is sent, its bytes not yet copied. A Blob cannot change, and is read later. */
function outgoingOf(data: unknown): Outgoing {
  if (data instanceof Blob) return data
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return domString(data)
}
