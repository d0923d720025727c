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
import { Carrier } from './carrier.ts'
import type { CarrierOwner } from './carrier.ts'
import { LastingLostError, LastingProtocolError, LastingRefusedError } from './errors.ts'
import type { ReadFrame, RefusalReason } from './frames.ts'
import { MAX_DATA_BYTES, encodeData } from './frames.ts'
import { Incoming } from './incoming.ts'
import { Outgoing } from './outgoing.ts'
import type { Quota } from './quota.ts'

/** How a lasting stream ended. */
export type LastingEnd = 'finished' | 'reset' | 'lost'

/** What a {@link LastingStream} is made of. */
export interface LastingStreamInit {
  id: Uint8Array
  name: string
  direction: MessageStreamDirection
  protocol: string
  carrier: Carrier
  /** What the other side lets this one send at first. */
  sendLimit: number
  windowBytes: number
  quota: Quota
  log: Logger
  /** The window that the stream may have now. */
  maxWindowBytes(): number
  /** The last carrier was lost: another one is wanted. */
  interrupted(stream: LastingStream): void
  /** It has a carrier, another one than before or one again. */
  carried(stream: LastingStream): void
  /** Called once. The stream's name is free afterwards. */
  ended(stream: LastingStream, end: LastingEnd): void
}

/** A carrier that the other side was asked to take. */
interface Candidate {
  carrier: Carrier
  epoch: number
  answered: (error: Error | undefined) => void
}

/** A RESUME as it arrived. */
export interface Resumption {
  epoch: number
  received: number
  limit: number
}

/**
 * A libp2p stream that outlives the streams that carry it. It has one carrier at a time; after a loss, or when a better link stands,
 * it goes on over another one, with every byte once and in order.
 *
 * Each change of carrier has a number, the epoch: even if the side that opened the stream makes it, odd if the other does. The larger
 * one wins. The carrier before the present one is kept until the other side uses the new one, and takes over again if that is lost first.
 */
export class LastingStream extends AbstractStream implements CarrierOwner {
  /** The stream's ID in hexadecimal. */
  readonly name: string
  readonly idBytes: Uint8Array
  readonly #init: LastingStreamInit
  readonly #outgoing: Outgoing
  readonly #incoming: Incoming
  /** What came and could not be delivered. */
  readonly #unread = new ByteQueue()
  #carrier: Carrier | undefined
  /** The carrier before the present one, until the other side uses that. */
  #former: Carrier | undefined
  /** A carrier on which RESUME has been sent and not answered. */
  #candidate: Candidate | undefined
  #epoch = 0
  /** The last change of carrier that this side has asked for, answered or not. */
  #askedEpoch = 0
  /** Whether the other side knows that its stream was accepted. */
  #isConfirmed: boolean
  #end: LastingEnd | undefined
  #isPumping = false
  #finishedSending: (() => void) | undefined

  constructor(init: LastingStreamInit) {
    super({ id: init.name, protocol: init.protocol, direction: init.direction, log: init.log })
    this.name = init.name
    this.idBytes = init.id
    this.#init = init
    this.#outgoing = new Outgoing(init.sendLimit, init.quota)
    this.#incoming = new Incoming(init.windowBytes)
    this.#isConfirmed = init.direction === 'outbound'
    this.#carrier = init.carrier
    init.carrier.owner = this
  }

  /** The stream that carries it now; undefined while it is interrupted, and once it has ended. */
  get carrier(): Stream | undefined {
    return this.#carrier?.stream
  }

  /** How it ended; undefined while it goes on. */
  get end(): LastingEnd | undefined {
    return this.#end
  }

  get epoch(): number {
    return this.#epoch
  }

  /** Bytes that have been sent and not acknowledged. */
  get unacknowledgedBytes(): number {
    return this.#outgoing.unacknowledgedBytes
  }

  override get readBufferLength(): number {
    return this.readBuffer.byteLength + this.#unread.byteLength
  }

  /** Bytes that the other side has not acknowledged count as unsent. */
  override get writeBufferLength(): number {
    return this.writeBuffer.byteLength + this.#outgoing.unacknowledgedBytes
  }

  /** Tells the other side that this one knows of its acceptance. */
  confirm(): void {
    this.#sendAcknowledgement()
  }

  /**
   * Asks the other side to go on over this carrier. The stream stays on the present one until it has answered.
   *
   * Rejects with a {@link LastingRefusedError} if it refuses, or with the error of the carrier.
   */
  async resumeOn(stream: Stream, signal: AbortSignal): Promise<void> {
    this.#dropCandidate(new Error('another attempt has begun'))
    const epoch = this.#nextEpoch()
    const carrier = new Carrier(stream, this, { opening: false })
    const answer = Promise.withResolvers<void>()
    const answered = (error: Error | undefined): void => {
      signal.removeEventListener('abort', giveUp)
      this.#candidate = undefined
      if (error === undefined) answer.resolve()
      else answer.reject(error)
    }
    const giveUp = (): void =>
      this.#dropCandidate(signal.reason instanceof Error ? signal.reason : new Error('no answer in time'))
    this.#candidate = { carrier, epoch, answered }
    signal.addEventListener('abort', giveUp, { once: true })
    if (signal.aborted) giveUp()
    else carrier.send({ type: 'resume', id: this.idBytes, epoch, ...this.#incoming.tell() })
    await answer.promise
  }

  /**
   * The other side goes on over this carrier.
   *
   * @returns why it may not, or undefined after RESUMED was sent
   */
  resumeFrom(carrier: Carrier, { epoch, received, limit }: Resumption): RefusalReason | undefined {
    const isTheirs = epoch % 2 === (this.direction === 'outbound' ? 1 : 0)
    if (!isTheirs || epoch <= this.#epoch || epoch < (this.#candidate?.epoch ?? 0)) return 'stale-epoch'
    this.#dropCandidate(new LastingRefusedError('stale-epoch'))
    this.#isConfirmed = true
    carrier.owner = this
    if (!this.#outgoing.acknowledge(received, limit)) {
      this.#failProtocol('it acknowledges more than was sent', carrier)
      return undefined
    }
    this.#former?.abort(new Error('the stream has moved twice'))
    this.#former = this.#carrier
    this.#take(carrier, epoch)
    carrier.send({ type: 'resumed', ...this.#incoming.tell() })
    this.#moved()
    return undefined
  }

  read(carrier: Carrier, frame: ReadFrame): void {
    if (carrier === this.#candidate?.carrier) {
      this.#onAnswer(this.#candidate, frame)
      return
    }
    if (carrier !== this.#carrier && carrier !== this.#former) return
    // The other side uses the present carrier, so nothing comes on the one before it.
    if (carrier === this.#carrier) this.#closeFormer()
    switch (frame.type) {
      case 'data':
        this.#onBytes(frame.offset, frame.bytes)
        break
      case 'ack':
        this.#isConfirmed = true
        this.#onAcknowledgement(frame.received, frame.limit)
        break
      case 'fin':
        if (this.#incoming.takeEnd(frame.offset)) this.#afterReading()
        else this.#failProtocol('its end does not follow its last byte')
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
        this.#failProtocol(`${frame.type} came in the middle of a stream`)
        break
      default:
        frame satisfies never
    }
  }

  drained(carrier: Carrier): void {
    if (carrier === this.#carrier) this.#pump()
  }

  lost(carrier: Carrier, error: Error | undefined): void {
    if (carrier === this.#candidate?.carrier) {
      this.#candidate.answered(error ?? new Error('the carrier was lost before it was answered'))
      return
    }
    if (carrier === this.#former) {
      this.#former = undefined
      return
    }
    if (carrier !== this.#carrier) return
    this.log('lost the carrier of epoch %d - %e', this.#epoch, error)
    this.#carrier = this.#former
    this.#former = undefined
    if (this.#carrier !== undefined) {
      this.#moved()
      return
    }
    // The other side has not heard that its stream was accepted, so it opens another one rather than resume this one.
    if (this.#isConfirmed) this.#init.interrupted(this)
    else this.fail(new LastingLostError('the stream was lost before its opening was complete'))
  }

  /** Ends it: no carrier was found in time. What has arrived can still be read. */
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

  /** The other side has finished the stream and forgotten it: what was sent has arrived. */
  finishByWord(): void {
    this.#outgoing.finish()
    this.#checkFinished()
    if (this.#end === undefined) this.fail(new LastingRefusedError('unknown-stream'))
  }

  override sendData(data: Uint8ArrayList): SendResult {
    const carrier = this.#carrier
    // What was given before comes first, so that no more is kept than the other side's window.
    if (carrier === undefined || carrier.isFull || !this.#outgoing.isSent) {
      return { sentBytes: 0, canSendMore: false }
    }
    let sentBytes = 0
    for (const chunk of data) {
      const part = chunk.subarray(0, this.#outgoing.roomBytes)
      this.#outgoing.give(part)
      sentBytes += part.byteLength
      if (part.byteLength < chunk.byteLength) break
    }
    this.#transmit(carrier)
    const isWhole = sentBytes === data.byteLength
    if (!isWhole) this.#init.quota.wait(this.#quotaHasRoom)
    return { sentBytes, canSendMore: isWhole && !carrier.isFull && this.#outgoing.isSent }
  }

  override sendReset(): void {
    this.#carrier?.send({ type: 'reset', reason: 'aborted' })
    this.#finish('reset')
  }

  /** The window does it: what isn't read makes no room. */
  override sendPause(): void {
    this.log.trace('paused with %d unread bytes', this.readBufferLength)
  }

  override sendResume(): void {
    this.dispatchReadBuffer()
  }

  /** Resolves when the other side has acknowledged every byte and the end, however many carriers that takes. */
  override async sendCloseWrite(options?: AbortOptions): Promise<void> {
    this.#outgoing.end()
    this.#pump()
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
      this.removeEventListener('close', onClose)
      signal?.removeEventListener('abort', giveUp)
    }
  }

  /** What comes from now on is acknowledged and dropped, so that the other side can finish. */
  override async sendCloseRead(): Promise<void> {
    this.#incoming.consume(this.#unread.byteLength)
    this.#unread.clear()
    this.#acknowledge()
  }

  protected override dispatchReadBuffer(): void {
    if (this.#canDeliver && this.#unread.byteLength > 0) {
      const bytes = this.#unread.slice(0, this.#unread.byteLength)
      this.#unread.clear()
      this.readBuffer.append(bytes)
    }
    const heldBytes = this.readBuffer.byteLength
    super.dispatchReadBuffer()
    this.#incoming.consume(heldBytes - this.readBuffer.byteLength)
    this.#afterReading()
  }

  override addEventListener<Type extends keyof MessageStreamEvents>(
    type: Type,
    listener: EventHandler<MessageStreamEvents[Type]> | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    super.addEventListener(type, listener, options)
    // In a microtask, as constructors add listeners too.
    if (type === 'message') queueMicrotask(() => this.dispatchReadBuffer())
  }

  #nextEpoch(): number {
    const next = Math.max(this.#epoch, this.#askedEpoch) + 1
    const isOwn = next % 2 === (this.direction === 'outbound' ? 0 : 1)
    this.#askedEpoch = isOwn ? next : next + 1
    return this.#askedEpoch
  }

  get #canDeliver(): boolean {
    return this.readStatus === 'readable' && this.listenerCount('message') > 0
  }

  #onAnswer({ carrier, epoch, answered }: Candidate, frame: ReadFrame): void {
    if (frame.type === 'refused') {
      carrier.close()
      answered(new LastingRefusedError(frame.reason))
      return
    }
    if (frame.type !== 'resumed') {
      const error = new LastingProtocolError(`${frame.type} is no answer to a resumption`)
      carrier.abort(error)
      answered(error)
      return
    }
    if (!this.#outgoing.acknowledge(frame.received, frame.limit)) {
      this.#failProtocol('it acknowledges more than was sent', carrier)
      return
    }
    answered(undefined)
    this.#closeFormer()
    this.#carrier?.abort(new Error('the stream has moved'))
    this.#take(carrier, epoch)
    // Says that this side uses the carrier now.
    this.#sendAcknowledgement()
    this.#moved()
  }

  #onBytes(offset: number, bytes: Uint8Array): void {
    const fresh = this.#incoming.take(offset, bytes)
    if (fresh === undefined) {
      this.#failProtocol('it sent bytes beyond a gap, its window or its end')
      return
    }
    if (fresh.byteLength === 0) return
    if (this.readStatus === 'closing' || this.readStatus === 'closed') {
      this.#incoming.consume(fresh.byteLength)
      this.#afterReading()
    } else if (this.#canDeliver && this.#unread.byteLength === 0) {
      this.onData(fresh)
    } else {
      this.#unread.append(fresh)
      this.#afterReading()
    }
  }

  #onAcknowledgement(received: number, limit: number): void {
    if (!this.#outgoing.acknowledge(received, limit)) {
      this.#failProtocol('it acknowledges more than was sent')
      return
    }
    if (this.#outgoing.isFinished) {
      this.#finishedSending?.()
      this.#finishedSending = undefined
      this.#checkFinished()
    }
    this.#pump()
  }

  /** Bytes were delivered, or have come: the window may move, and the end may be due. */
  #afterReading(): void {
    const isRead = this.readBufferLength === 0
    if (isRead && this.#incoming.isEnded) this.onRemoteCloseWrite()
    if (this.#end !== undefined || !this.#incoming.isDue) return
    if (isRead) this.#incoming.grow(this.#init.maxWindowBytes())
    else this.#incoming.shrink(this.#init.maxWindowBytes())
    this.#acknowledge()
  }

  #acknowledge(): void {
    if (this.#end !== undefined || this.#carrier === undefined) return
    this.#sendAcknowledgement()
    this.#checkFinished()
  }

  #sendAcknowledgement(): void {
    this.#carrier?.send({ type: 'ack', ...this.#incoming.tell() })
  }

  readonly #quotaHasRoom = (): void => {
    this.#pump()
  }

  /** Sends what is due on the present carrier, and lets the writer go on when there is room. */
  #pump(): void {
    const carrier = this.#carrier
    if (carrier === undefined || this.#isPumping || this.#end !== undefined) return
    this.#isPumping = true
    try {
      this.#transmit(carrier)
      if (carrier.isFull || !this.#outgoing.isSent) return
      if (this.writableNeedsDrain && this.#outgoing.roomBytes > 0) this.onMuxerDrain()
    } finally {
      this.#isPumping = false
    }
  }

  #transmit(carrier: Carrier): void {
    while (carrier.isOpen && !carrier.isFull) {
      const next = this.#outgoing.next(MAX_DATA_BYTES)
      if (next === undefined) return
      if (next.type === 'fin') carrier.send(next)
      else carrier.sendBytes(encodeData(next.offset, next.bytes))
    }
  }

  #take(carrier: Carrier, epoch: number): void {
    this.#carrier = carrier
    this.#epoch = epoch
  }

  /** Goes on over the present carrier, from the last byte that the other side has. */
  #moved(): void {
    this.#outgoing.rewind()
    this.#init.carried(this)
    this.#pump()
  }

  #closeFormer(): void {
    this.#former?.abort(new Error('the stream has moved'))
    this.#former = undefined
  }

  #dropCandidate(error: Error): void {
    const candidate = this.#candidate
    if (candidate === undefined) return
    candidate.carrier.abort(error)
    candidate.answered(error)
  }

  #failProtocol(what: string, carrier = this.#carrier): void {
    const error = new LastingProtocolError(`the other side broke the protocol: ${what}`)
    carrier?.send({ type: 'reset', reason: 'protocol-error' })
    carrier?.close()
    this.#finish('reset')
    this.abort(error)
  }

  #checkFinished(): void {
    if (this.#outgoing.isFinished && this.#incoming.isEndTold) this.#finish('finished')
  }

  /** Lets go of everything but what can still be read. */
  #finish(end: LastingEnd): void {
    if (this.#end !== undefined) return
    this.#end = end
    this.#dropCandidate(new LastingLostError('the stream has ended'))
    this.#former?.abort(new Error('the stream has ended'))
    this.#carrier?.close()
    this.#former = undefined
    this.#carrier = undefined
    this.#init.quota.forget(this.#quotaHasRoom)
    this.#outgoing.clear()
    this.#init.ended(this, end)
  }
}
