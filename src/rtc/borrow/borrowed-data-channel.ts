import type { DataChannelState } from '../messages/globals.ts'
import type { Deferred } from '../../platform/deferred.ts'
import { defer } from '../../platform/deferred.ts'
import { tasks } from '../../platform/task-queue.ts'
import { isRecord } from '../messages/guards.ts'
import type { FromPump, Part, ToPump } from '../messages/messages.ts'
import { costOf } from '../messages/part-cost.ts'
import { isFromPump } from '../messages/pump-guards.ts'
import { outgoingOf, sizeOf } from './outgoing.ts'
import { SendQueue } from './send-queue.ts'
import { asRtcError, reviveError, unreachable } from '../standard/error-message.ts'
import type { EventHandler } from '../standard/event-handlers.ts'
import { defineHandlers } from '../standard/event-handlers.ts'
import type { RTCError } from '../standard/rtc-error.ts'
import { RTCErrorEvent } from '../standard/rtc-error.ts'
import { domString, unsignedLong } from '../standard/webidl.ts'
import type { BorrowedChannelInit, ChannelControl } from './borrowed-channel-init.ts'
import type { ChannelEvent } from './channel-event-queue.ts'
import { ChannelEventQueue } from './channel-event-queue.ts'
import { CloseDelay } from './close-delay.ts'
import { ReceiveCredit } from './receive-credit.ts'

export let controlOf: (channel: BorrowedDataChannel) => ChannelControl

export let isDataChannel: (value: unknown) => value is BorrowedDataChannel

/**
 * Implements RTCDataChannel (W3C WebRTC, section 6.2) over a port to the pump that holds the real channel.
 *
 * It differs from the real one in two ways. If the connection is already connected, `id` is null until the
 * tab answers; otherwise, until the channel opens. `bufferedAmount` decreases in steps (see
 * `DEFAULT_REPORT_BYTES`); it is never too low.
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
  readonly #events: ChannelEventQueue
  readonly #credit = new ReceiveCredit((cost) => this.#post({ type: 'taken', cost }, []))
  readonly #closeDelay = new CloseDelay()
  readonly #over: Deferred<void> = defer()
  /**
   * Aborted when the channel ends, so that messages still in the port aren't dispatched after a gap or after
   * the `close` event.
   */
  readonly #lifetime = new AbortController()

  #id: number | null
  #readyState: DataChannelState
  #isOpenReported = false
  #isClosedHere = false
  #isLost = false
  #binaryType: BinaryType = 'arraybuffer'
  #threshold = 0

  /** Called by the connection. In the standard, this class has no public constructor. */
  constructor(init: BorrowedChannelInit) {
    super()
    this.#init = init
    this.#id = init.description.id
    this.#readyState = init.readyState
    this.#events = new ChannelEventQueue({
      dispatch: (event) => this.#dispatch(event),
      messagesPerTask: init.messagesPerTask,
      settled: async () => init.settled(),
    })
    this.#sending = new SendQueue(
      {
        post: (message, transfer) => this.#post(message, transfer),
        failed: (error) => this.#lose(asRtcError(new Error(`A Blob could not be read: ${String(error)}`))),
      },
      init.sendLimits,
    )
    const { signal } = this.#lifetime
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
  get readyState(): DataChannelState {
    return this.#readyState
  }

  /** Bytes passed to `send` that the real channel has not yet reported as sent. */
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
  /** Invalid values are ignored, as Web IDL requires for enumerations. */
  set binaryType(value: unknown) {
    const word = domString(value)
    this.#binaryType = word === 'blob' || word === 'arraybuffer' ? word : this.#binaryType
  }

  /**
   * Sends text, or a copy of bytes. Throws InvalidStateError unless the channel is open, TypeError for a
   * message larger than the other peer accepts, and OperationError if the send queue would exceed its bound.
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

  /** Closes the channel once all earlier messages have been sent. The `close` event follows. */
  close(): void {
    if (this.#readyState === 'closing' || this.#readyState === 'closed') return
    this.#readyState = 'closing'
    this.#isClosedHere = true
    this.#events.expectEnd()
    if (this.#init.missesEarlyClose()) this.#closeDelay.run(() => this.#sending.close())
    else this.#sending.close()
  }

  #abandon(): void {
    if (this.#readyState === 'closed') return
    this.#events.clear()
    this.#readyState = 'closed'
    this.#end()
    tasks.push(() => this.#dispatchClose())
  }

  #lose(error: RTCError): void {
    if (this.#isLost || this.#readyState === 'closed') return
    this.#isLost = true
    // If only this object failed, the real channel is still open and must be closed.
    this.#post({ type: 'close' }, [])
    this.#end()
    this.#events.pushLoss(error)
  }

  /** Returns false if the message isn't valid in the channel's current state. */
  #receive(message: FromPump): boolean {
    switch (message.type) {
      case 'id':
        if (this.#id !== null && this.#id !== message.id) return false
        this.#id = message.id
        return true
      case 'data':
        this.#events.push(message.parts.map((part) => ({ type: 'message', part })))
        return true
      case 'gone':
        return this.#reduceBuffered(message.bytes)
      case 'open':
        if (this.#isOpenReported) return false
        this.#isOpenReported = true
        this.#events.push([message])
        return true
      case 'closing':
      case 'error':
      case 'closed':
        this.#events.push([message])
        return true
      default:
        return unreachable(message)
    }
  }

  #reduceBuffered(bytes: number): boolean {
    const before = this.bufferedAmount
    if (!this.#sending.confirmSent(bytes)) return false
    if (before > this.#threshold && this.bufferedAmount <= this.#threshold) {
      this.dispatchEvent(new Event('bufferedamountlow'))
    }
    return true
  }

  #dispatch(event: ChannelEvent): void {
    switch (event.type) {
      case 'message':
        this.#dispatchMessage(event.part)
        break
      case 'open':
        this.#id ??= event.id
        if (this.#isClosedHere) break
        if (this.#readyState === 'connecting') {
          this.#readyState = 'open'
          this.#closeDelay.opened()
        }
        this.dispatchEvent(new Event('open'))
        break
      case 'closing':
        if (this.#isClosedHere || this.#readyState === 'closed') break
        this.#readyState = 'closing'
        this.dispatchEvent(new Event('closing'))
        break
      case 'error':
        this.dispatchEvent(new RTCErrorEvent('error', { error: asRtcError(reviveError(event.error)) }))
        break
      case 'lost':
        this.#readyState = 'closing'
        this.dispatchEvent(new RTCErrorEvent('error', { error: event.error }))
        break
      case 'closed':
        if (this.#readyState === 'closed') break
        this.#readyState = 'closed'
        this.#end()
        this.#dispatchClose()
        break
      default:
        unreachable(event)
    }
  }

  #dispatchMessage(part: Part): void {
    this.#closeDelay.peerOpened()
    // As the standard requires, messages that arrive after close() are discarded. Their credit is still
    // returned.
    if (!this.#isClosedHere) {
      const data = typeof part !== 'string' && this.#binaryType === 'blob' ? new Blob([part]) : part
      this.dispatchEvent(new MessageEvent('message', { data }))
    }
    this.#credit.add(costOf(part))
  }

  #dispatchClose(): void {
    this.dispatchEvent(new Event('close'))
    this.#over.resolve()
  }

  #end(): void {
    this.#credit.stop()
    this.#closeDelay.cancel()
    this.#sending.end()
    this.#lifetime.abort()
    this.#init.port.close()
    this.#init.ended()
  }

  #post(message: ToPump, transfer: Transferable[]): void {
    this.#init.port.postMessage(message, transfer)
  }
}
