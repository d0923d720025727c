// The file is long because a stream is one state machine: js-libp2p's interface above, carriers below.

import type {
  AbortOptions,
  EventHandler,
  Logger,
  MessageStreamDirection,
  MessageStreamEvents,
  Stream,
} from '@libp2p/interface'
import { StreamCloseEvent } from '@libp2p/interface'
import type { SendResult } from '@libp2p/utils'
import { AbstractStream } from '@libp2p/utils'
import type { Uint8ArrayList } from 'uint8arraylist'
import { ByteQueue } from './byte-queue.ts'
import type { Carrier } from './carrier.ts'
import type { CarriersOwner } from './carriers.ts'
import { Carriers } from './carriers.ts'
import { LastingLostError, LastingProtocolError, LastingRefusedError } from './errors.ts'
import type { ReadFrame } from './frames.ts'
import type { RefusalReason } from './reasons.ts'
import { MAX_DATA_BYTES, encodeData } from './frames.ts'
import { Incoming } from './incoming.ts'
import { Outgoing } from './outgoing.ts'
import type { Quota } from './quota.ts'

/** How a lasting stream ended. */
export type LastingEnd = 'finished' | 'reset' | 'lost'

/** What a {@link LastingStream} needs. */
export interface LastingStreamInit {
  id: Uint8Array
  name: string
  direction: MessageStreamDirection
  protocol: string
  carrier: Carrier
  /** The offset up to which this side may send at first. */
  sendLimit: number
  windowBytes: number
  quota: Quota
  /** Bytes that may be unacknowledged even if the quota is used up. */
  minBytes: number
  /** The most bytes that may be unacknowledged. */
  maxBytes: number
  log: Logger
  /** Returns how many bytes may be sent on this carrier now. Called before each DATA frame. */
  budgetBytes(carrier: Stream): number
  /** Returns the largest window that the stream may have now, in bytes. */
  maxWindowBytes(): number
  /** Called when the last carrier was lost and the stream needs another one. */
  interrupted(stream: LastingStream): void
  /** Called when the stream has a new carrier. */
  carried(stream: LastingStream): void
  /** Called when the current carrier has ended. */
  carrierLost(carrier: Stream, error: Error | undefined): void
  /** Called once, when the stream has ended. Its name may be reused afterwards. */
  ended(stream: LastingStream, end: LastingEnd): void
}

/** The contents of a received RESUME, without the stream's ID. */
export interface Resumption {
  epoch: number
  received: number
  limit: number
}

/**
 * A libp2p stream that outlives the libp2p streams beneath it, its carriers. After a loss, or when there is a
 * better link, it continues over another carrier. Every byte is delivered once and in order.
 */
export class LastingStream extends AbstractStream implements CarriersOwner {
  /** The stream's ID in hexadecimal. */
  readonly name: string
  readonly #init: LastingStreamInit
  readonly #outgoing: Outgoing
  readonly #incoming: Incoming
  readonly #carriers: Carriers
  /** Received bytes that could not be delivered yet. */
  readonly #unread = new ByteQueue()
  /** Whether the other side knows that its stream was accepted. */
  #isConfirmed: boolean
  #end: LastingEnd | undefined
  #isPumping = false
  /** Whether a microtask will send the bytes that fit into one frame. */
  #isPumpDue = false
  #finishedSending: (() => void) | undefined

  constructor(init: LastingStreamInit) {
    super({ id: init.name, protocol: init.protocol, direction: init.direction, log: init.log })
    this.name = init.name
    this.#init = init
    this.#outgoing = new Outgoing(init.sendLimit, init.quota, init)
    this.#incoming = new Incoming(init.windowBytes)
    this.#isConfirmed = init.direction === 'outbound'
    this.#carriers = new Carriers(this, init.direction, init.carrier)
  }

  /** The current carrier. Undefined while the stream is interrupted and after it has ended. */
  get carrier(): Stream | undefined {
    return this.#carriers.present?.stream
  }

  /** How the stream ended. Undefined until then. */
  get end(): LastingEnd | undefined {
    return this.#end
  }

  /** The number of the last change of carrier; 0 on the first carrier. */
  get epoch(): number {
    return this.#carriers.epoch
  }

  /** Bytes that have been sent and not acknowledged. */
  get unacknowledgedBytes(): number {
    return this.#outgoing.unacknowledgedBytes
  }

  /**
   * Written bytes that haven't been sent on the current carrier. An `idle` event follows once there are none
   * left.
   */
  get unsentBytes(): number {
    return this.writeBuffer.byteLength + this.#outgoing.unsentBytes
  }

  override get readBufferLength(): number {
    return this.readBuffer.byteLength + this.#unread.byteLength
  }

  /** Bytes that the other side has not acknowledged count as unsent. */
  override get writeBufferLength(): number {
    return this.writeBuffer.byteLength + this.#outgoing.unacknowledgedBytes
  }

  /** Confirms to the other side that this side has received its ACCEPT. */
  confirm(): void {
    this.#sendAcknowledgement()
  }

  /**
   * Asks the other side to continue over this carrier. The stream stays on the current one until the other
   * side agrees.
   *
   * Rejects with a {@link LastingRefusedError} if it refuses, with the reason of `signal`, or with the
   * carrier's error.
   */
  async resumeOn(stream: Stream, signal: AbortSignal): Promise<void> {
    await this.#carriers.ask(stream, { id: this.#init.id, ...this.#incoming.offer() }, signal)
  }

  /**
   * Continues over this carrier at the other side's request, and answers it.
   *
   * @returns the reason if the request is refused; undefined if it was accepted
   */
  resumeFrom(carrier: Carrier, { epoch, received, limit }: Resumption): RefusalReason | undefined {
    if (!this.#carriers.admits(epoch)) return 'stale-epoch'
    this.#isConfirmed = true
    this.#carriers.take(carrier, epoch)
    carrier.send({ type: 'resumed', ...this.#incoming.tell() })
    if (this.#onAcknowledgement(received, limit)) this.#continue()
    return undefined
  }

  received(frame: ReadFrame): void {
    // Deliver the bytes before this frame first, because it may end the stream.
    if (frame.type !== 'data') this.receivedAll()
    switch (frame.type) {
      case 'data':
        this.#onBytes(frame.offset, frame.bytes)
        break
      case 'ack':
        this.#isConfirmed = true
        if (this.#onAcknowledgement(frame.received, frame.limit)) this.pump()
        break
      case 'fin':
        if (this.#incoming.takeEnd(frame.offset)) this.#afterReading()
        else this.#failProtocol('its FIN does not directly follow its last byte')
        break
      case 'reset':
        this.#finish('reset')
        this.onRemoteReset()
        break
      case 'protocol':
      case 'open':
      case 'accept':
      case 'resume':
      case 'resumed':
      case 'refused':
        this.#failProtocol(`${frame.type} is not allowed on an open stream`)
        break
      default:
        frame satisfies never
    }
  }

  agreed(received: number, limit: number): boolean {
    this.#incoming.noteAnswer()
    return this.#onAcknowledgement(received, limit)
  }

  /**
   * Delivers the data of a received message in a single event, because an event often costs more than its
   * data.
   */
  receivedAll(): void {
    if (this.readBuffer.byteLength > 0 && this.#canDeliver) this.dispatchReadBuffer()
  }

  moved(): void {
    // This shows the other side that the carrier is in use, and repeats an acknowledgement that may have been
    // lost.
    this.#acknowledge()
    this.#continue()
  }

  drained(): void {
    this.pump()
  }

  carrierLost(carrier: Stream, error: Error | undefined): void {
    this.#init.carrierLost(carrier, error)
  }

  interrupted(): void {
    // If the other side doesn't know that its stream was accepted, it opens a new one instead of resuming
    // this one.
    if (this.#isConfirmed) this.#init.interrupted(this)
    else this.fail(new LastingLostError('the stream was lost before its opening was complete'))
  }

  broken({ message }: LastingProtocolError): void {
    this.#failProtocol(message)
  }

  /** Ends the stream because it could not be resumed. Data that has arrived can still be read. */
  fail(error: Error): void {
    if (this.#end !== undefined) return
    this.#finish(error instanceof LastingRefusedError ? 'reset' : 'lost')
    if (error instanceof LastingRefusedError) {
      this.onRemoteReset()
      return
    }
    this.writeBuffer.consume(this.writeBuffer.byteLength)
    this.writeStatus = 'closed'
    this.remoteWriteStatus = 'closed'
    this.remoteReadStatus = 'closed'
    this.status = 'closed'
    this.timeline.close = Date.now()
    if (this.readBufferLength === 0) this.readStatus = 'closed'
    this.maybeDispatchEnd()
    this.dispatchEvent(new StreamCloseEvent(false, error))
  }

  /**
   * Ends the stream after the other side has reported it finished, which means that all sent data has
   * arrived.
   */
  finishByWord(): void {
    if (this.#outgoing.isEnded && this.#incoming.isEnded) {
      this.#outgoing.finish()
      this.#afterSending()
      this.#finish('finished')
    } else {
      this.fail(new LastingRefusedError('unknown-stream'))
    }
  }

  override sendData(data: Uint8ArrayList): SendResult {
    const carrier = this.#carriers.present
    // Earlier data must be sent first, except what fits into one frame.
    if (carrier === undefined || carrier.isFull || this.#outgoing.unsentBytes > MAX_DATA_BYTES) {
      return { sentBytes: 0, canSendMore: false }
    }
    this.#pumpLater()
    let sentBytes = 0
    for (const chunk of data) {
      const part = chunk.subarray(0, this.#outgoing.roomBytes)
      this.#outgoing.give(part)
      sentBytes += part.byteLength
      if (part.byteLength < chunk.byteLength) break
    }
    const hasRoom = this.#transmit(carrier, MAX_DATA_BYTES + 1)
    const isWhole = sentBytes === data.byteLength
    if (!isWhole) this.#init.quota.wait(this.#quotaHasRoom)
    return {
      sentBytes,
      canSendMore: isWhole && hasRoom && this.#outgoing.unsentBytes <= MAX_DATA_BYTES,
    }
  }

  override sendReset(): void {
    this.#carriers.present?.send({ type: 'reset', reason: 'aborted' })
    this.#finish('reset')
  }

  /** Needs no message: unread data keeps the window from moving, so the other side stops. */
  override sendPause(): void {
    this.log.trace('paused with %d unread bytes', this.readBufferLength)
  }

  override sendResume(): void {
    this.dispatchReadBuffer()
  }

  /**
   * Resolves when the other side has acknowledged every byte and the end, even if the carrier changes
   * meanwhile.
   */
  override async sendCloseWrite(options?: AbortOptions): Promise<void> {
    this.#outgoing.end()
    this.pump()
    if (this.#outgoing.isFinished || this.#end !== undefined) return
    const { signal } = options ?? {}
    signal?.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const giveUp = (): void => reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'))
    const onClose = ({ error }: StreamCloseEvent): void =>
      reject(error ?? new LastingLostError('the stream closed'))
    this.#finishedSending = resolve
    this.addEventListener('close', onClose)
    signal?.addEventListener('abort', giveUp, { once: true })
    try {
      await promise
    } finally {
      this.#finishedSending = undefined
      this.removeEventListener('close', onClose)
      signal?.removeEventListener('abort', giveUp)
    }
  }

  /** Drops and acknowledges all further data, so that the other side can finish. */
  override async sendCloseRead(): Promise<void> {
    this.#unread.clear()
    this.#incoming.hold(this.readBufferLength)
    this.#acknowledge()
  }

  protected override dispatchReadBuffer(): void {
    if (this.#canDeliver && this.#unread.byteLength > 0) {
      const bytes = this.#unread.read(this.#unread.byteLength)
      this.#unread.clear()
      this.readBuffer.append(bytes)
    }
    // The base class considers the stream fully read when its own buffer is empty, so don't call it while
    // there are unread bytes.
    if (this.#unread.byteLength === 0) super.dispatchReadBuffer()
    this.#afterReading()
  }

  override addEventListener<Type extends keyof MessageStreamEvents>(
    type: Type,
    listener: EventHandler<MessageStreamEvents[Type]> | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    super.addEventListener(type, listener, options)
    // In a microtask, because constructors also add listeners.
    if (type === 'message') queueMicrotask(() => this.dispatchReadBuffer())
  }

  get #canDeliver(): boolean {
    return this.readStatus === 'readable' && this.listenerCount('message') > 0
  }

  #onBytes(offset: number, bytes: Uint8Array): void {
    const fresh = this.#incoming.take(offset, bytes)
    if (fresh === undefined) {
      this.#failProtocol('it sent data after a gap, or beyond its limit or its end')
      return
    }
    if (fresh.byteLength === 0) return
    const isWanted = this.readStatus === 'readable' || this.readStatus === 'paused'
    if (isWanted && this.#canDeliver && this.#unread.byteLength === 0) {
      this.readBuffer.append(fresh)
    } else {
      if (isWanted) this.#unread.append(fresh)
      this.#afterReading()
    }
  }

  /**
   * Does nothing if nobody listens. The base class reports each write as `idle`, and an event costs as much
   * as the write.
   */
  override safeDispatchEvent<Detail>(
    type: keyof MessageStreamEvents,
    detail?: CustomEventInit<Detail>,
  ): boolean {
    return this.listenerCount(type) === 0 || super.safeDispatchEvent(type, detail)
  }

  /** Call this when bytes have been delivered or received: it may move the window or report the end. */
  #afterReading(): void {
    this.#incoming.hold(this.readBufferLength)
    const isRead = this.readBufferLength === 0
    if (isRead && this.#incoming.isEnded) this.onRemoteCloseWrite()
    if (this.#end !== undefined || !this.#incoming.isDue) return
    if (isRead) this.#incoming.grow(this.#init.maxWindowBytes())
    else this.#incoming.shrink(this.#init.maxWindowBytes())
    this.#acknowledge()
  }

  #acknowledge(): void {
    if (this.#end !== undefined || this.#carriers.present === undefined) return
    this.#sendAcknowledgement()
    this.#checkFinished()
  }

  #sendAcknowledgement(): void {
    this.#carriers.present?.send({ type: 'ack', ...this.#incoming.tell() })
  }

  #onAcknowledgement(received: number, limit: number): boolean {
    if (!this.#outgoing.acknowledge(received, limit)) {
      this.#failProtocol('it acknowledged more than was sent')
      return false
    }
    if (this.#outgoing.isFinished) {
      this.#afterSending()
      this.#checkFinished()
    }
    return true
  }

  /** Called when the other side has acknowledged every byte and the end. */
  #afterSending(): void {
    if (this.#finishedSending !== undefined) {
      this.#finishedSending()
    } else if (this.writeStatus === 'closing') {
      // The caller of `close` is no longer waiting, so the base class doesn't update the status.
      this.writeStatus = 'closed'
      if (this.remoteWriteStatus === 'closed') this.onTransportClosed()
    }
  }

  /** Continues on a new carrier: sends unacknowledged data again. */
  #continue(): void {
    if (this.#end !== undefined) return
    this.#outgoing.rewind()
    this.#init.carried(this)
    this.pump()
  }

  readonly #quotaHasRoom = (): void => {
    this.pump()
  }

  /**
   * Sends in a microtask what fits into one frame. What is written until then travels in the same frame,
   * because a frame often costs more than its data. Call it before the full frames are sent: a carrier that
   * gathers what is sent in one task does so in a later microtask.
   */
  #pumpLater(): void {
    if (this.#isPumpDue) return
    this.#isPumpDue = true
    queueMicrotask(() => {
      this.#isPumpDue = false
      this.pump()
    })
  }

  /** Sends pending data on the current carrier, and lets the writer continue if there is room. */
  pump(): void {
    const carrier = this.#carriers.present
    if (carrier === undefined || this.#isPumping || this.#end !== undefined) return
    this.#isPumping = true
    try {
      const wasUnsent = this.#outgoing.unsentBytes > 0
      const hasRoom = this.#transmit(carrier, 0)
      if (this.#outgoing.unsentBytes > 0) return
      if (wasUnsent && this.writeBuffer.byteLength === 0) this.safeDispatchEvent('idle')
      if (!hasRoom) return
      if (this.writableNeedsDrain && this.#outgoing.roomBytes > 0) this.onMuxerDrain()
    } finally {
      this.#isPumping = false
    }
  }

  /**
   * Sends pending data as far as the carrier accepts it, and as long as at least `minBytes` are pending.
   * Returns whether the carrier would accept more.
   */
  #transmit(carrier: Carrier, minBytes: number): boolean {
    while (carrier.isOpen && !carrier.isFull && this.#outgoing.unsentBytes >= minBytes) {
      const next = this.#outgoing.next(this.#init.budgetBytes(carrier.stream))
      if (next === undefined) break
      if (next.type === 'fin') carrier.send(next)
      else carrier.sendBytes(encodeData(next.offset, next.bytes))
    }
    return !carrier.isFull
  }

  #failProtocol(what: string): void {
    this.#carriers.present?.send({ type: 'reset', reason: 'protocol-error' })
    this.#finish('reset')
    this.abort(new LastingProtocolError(`the other side violated the protocol: ${what}`))
  }

  #checkFinished(): void {
    if (this.#outgoing.isFinished && this.#incoming.isEndTold) this.#finish('finished')
  }

  /** Releases everything except data that can still be read. */
  #finish(end: LastingEnd): void {
    if (this.#end !== undefined) return
    this.#end = end
    if (this.status === 'aborted') {
      this.#unread.clear()
    } else if (end !== 'finished') {
      // The base class delivers what is in its own buffer after the stream has closed.
      this.readBuffer.append(this.#unread.read(this.#unread.byteLength))
      this.#unread.clear()
    }
    this.#carriers.finish()
    this.#init.quota.forget(this.#quotaHasRoom)
    this.#outgoing.clear()
    this.#init.ended(this, end)
  }
}
