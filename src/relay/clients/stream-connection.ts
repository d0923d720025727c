import type { Stream } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import { encodeDataMessage, readdressData } from '../../protocol/index.ts'
import type { Traffic } from '../../status/index.ts'
import type { RelayBounds } from '../bounds.ts'
import { MESSAGE_OVERHEAD_BYTES } from '../bounds.ts'
import type { CloseReason } from './close-reason.ts'
import { describeCloseReason } from './close-reason.ts'
import { FrameDecoder, frameHeader } from './framing.ts'
import { Gathering } from './gathering.ts'
import type { LinkDescription } from '../dialing/link.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import { timeoutSignal } from '../timeouts.ts'

/** Bytes of a stream without frames that go into one Data message at most. */
const MAX_CHUNK_BYTES = 262_144

/** Times `lingerTimeoutMs` that the remote may take to say that the last bytes, which have left this machine, are there. */
const MAX_ACKNOWLEDGE_WAITS = 4

/** What a {@link StreamConnection} is made of. */
export interface ConnectionInit {
  id: bigint
  /** Open, and not read by anybody else. */
  stream: Stream
  frames: boolean
  /** Nobody else holds the buffers of what comes from the stream: they may be changed, and given away. */
  ownsBuffers: boolean
  bounds: RelayBounds
  log: Log
  /** As in `RelayComponents`. */
  queueTask: (task: () => void) => void
  /** Describes the lost link of the stream for the client; `error` is what the stream ended with, if anything. */
  describeLink(error: Error | undefined): LinkDescription
  /** Called when the stream was lost with its link. */
  linkLost(error: Error | undefined): void
  /** Sends to the client; false when it is not keeping up: {@link StreamConnection.resume} is called once it does. */
  send(message: Uint8Array<ArrayBuffer>): boolean
  /** Called exactly once; nothing is sent for this ID afterwards. */
  ended(reason: CloseReason): void
}

interface QueuedWrite {
  data: Uint8Array | Uint8ArrayList
  handedOver: () => void
}

/**
 * One libp2p stream as a connection of a client: Data messages in both directions, flow control in both directions, and
 * one reason at the end.
 *
 * No end is reported before the bytes that came before it: a stream announces its end while it still holds data.
 */
export class StreamConnection {
  readonly id: bigint
  /** What waits for the stream to take it: its bytes, and for each message what it costs to hold it. */
  queuedBytes = 0
  /** What Data messages have carried: to the client, and from it. */
  readonly traffic: Traffic = { inBytes: 0, outBytes: 0 }
  readonly #init: ConnectionInit
  readonly #stream: Stream
  readonly #decoder: FrameDecoder | undefined
  readonly #queue: QueuedWrite[] = []
  /** Bytes without frames, which end up in fewer messages. Between two clients of this peer they stay in the messages they came in. */
  readonly #gathering: Gathering | undefined
  /** What came and is not yet sent to the client: each is cut into messages one by one. */
  readonly #incoming: Generator<Uint8Array<ArrayBuffer>, void>[] = []
  readonly #listening = new AbortController()
  #state: 'open' | 'closing' | 'ended' = 'open'
  #clientKeepsUp = true
  #isResuming = false
  #isPaused = false
  #streamIsFull = false
  /** The remote ended its stream in order; what it sent may still be on its way to the client. */
  #remoteEnded = false
  /** How the stream closed, told once all that it holds has been delivered. */
  #lastReason: CloseReason | undefined
  #onQueueSent: (() => void) | undefined
  /** The flush of a connection that is closing: it goes on if the client leaves meanwhile. */
  #closing: Promise<boolean> | undefined

  constructor(init: ConnectionInit) {
    this.id = init.id
    this.#init = init
    this.#stream = init.stream
    this.#decoder = init.frames ? new FrameDecoder(init.bounds.maxFrameBytes) : undefined
    if (init.frames || init.ownsBuffers) return
    this.#gathering = new Gathering(init.queueTask, (chunks) => this.#take(chunks))
  }

  /** Bytes that the stream may hold while the client does not read; past that it is ended, as it cannot be slowed down. */
  set maxUnreadBytes(bytes: number) {
    this.#stream.maxReadBufferLength = bytes
  }

  /** Begins to deliver: called once the client knows of the connection. */
  start(): void {
    const { signal } = this.#listening
    this.#remoteEnded = this.#stream.remoteWriteStatus === 'closed' && this.#stream.status === 'open'
    // The stream sends what it holds itself in a microtask of this event: what waits here comes after that.
    this.#stream.addEventListener('drain', () => queueMicrotask(() => this.#sendQueue()), { signal })
    this.#stream.addEventListener('remoteCloseWrite', () => this.#onRemoteCloseWrite(), { signal })
    this.#stream.addEventListener('close', (event) => this.#onClose(event.error), { signal })
    this.#stream.addEventListener('message', (event) => this.#receive(event.data), { signal })
    if (this.#stream.status !== 'open') this.#onClose(undefined)
    queueMicrotask(() => this.#checkEnd())
  }

  /**
   * Sends one Data of the client. A promise, where there is one, settles when the stream has taken the bytes or will
   * never take them; it does not reject.
   */
  write(payload: Uint8Array): void | Promise<void> {
    if (this.#state !== 'open' || this.#lastReason !== undefined) return
    this.traffic.outBytes += payload.byteLength
    const data =
      this.#decoder === undefined ? payload : new Uint8ArrayList(frameHeader(payload.byteLength), payload)
    if (data.byteLength === 0) return
    if (!this.#streamIsFull) {
      this.#send(data)
      return
    }
    this.queuedBytes += data.byteLength + MESSAGE_OVERHEAD_BYTES
    return new Promise((handedOver) => this.#queue.push({ data, handedOver }))
  }

  /** The client keeps up again. */
  resume(): void {
    this.#clientKeepsUp = true
    this.#deliver()
    if (this.#clientKeepsUp) this.#resumeStream()
    this.#checkEnd()
  }

  /** Ends it in order: what was written reaches the remote first; what still arrives is not read. */
  async close(reason: CloseReason): Promise<void> {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#discardIncoming()
    this.#closing = this.#flushAnd('close')
    const flushed = await this.#closing
    this.#end(flushed ? reason : { kind: 'not-flushed' })
  }

  /**
   * Ends it for a client that is gone: what it wrote is still flushed. The remote then reads the end of the stream if the client left in
   * order, else a reset.
   */
  abandon(inOrder: boolean): void {
    // Close was asked for before the client went.
    const isClosing = this.#state === 'closing'
    this.#end({ kind: 'closed' }, inOrder || isClosing ? 'close' : 'reset')
  }

  /** Ends it at once: the remote reads a reset, and what waits for the stream is dropped. */
  reset(reason: CloseReason): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#discardIncoming()
    this.#init.ended(reason)
    this.#stream.abort(new Error(describeCloseReason(reason)))
    this.#dropQueue()
    this.#listening.abort()
  }

  /** The relay stops. The remote reads a reset, unless the client had asked for the end and all of it has been sent. */
  stop(): void {
    const isFlushed = this.queuedBytes + this.#stream.writeBufferLength === 0
    if (this.#state === 'open' || !isFlushed) this.reset({ kind: 'relay-stopped' })
  }

  #send(data: Uint8Array | Uint8ArrayList): void {
    try {
      this.#streamIsFull = !this.#stream.send(data)
    } catch (error) {
      // The stream has closed, and says why in its close event.
      this.#init.log('debug', `connection ${this.id}: send: ${messageOf(error)}`)
    }
  }

  #sendQueue(): void {
    // Another stream's bytes may have drained, while this one's window is still used up.
    this.#streamIsFull = this.#stream.writableNeedsDrain
    while (!this.#streamIsFull) {
      const next = this.#queue.shift()
      if (next === undefined) {
        this.#onQueueSent?.()
        return
      }
      this.queuedBytes -= next.data.byteLength + MESSAGE_OVERHEAD_BYTES
      this.#send(next.data)
      next.handedOver()
    }
  }

  /** What waits will never be sent, so it is held no longer. */
  #dropQueue(): void {
    for (const { handedOver } of this.#queue.splice(0)) handedOver()
    this.queuedBytes = 0
    this.#onQueueSent?.()
  }

  async #queueSent(): Promise<void> {
    if (this.#queue.length === 0) return
    await new Promise<void>((resolve) => {
      this.#onQueueSent = resolve
    })
  }

  #receive(data: Uint8Array | Uint8ArrayList): void {
    if (this.#state !== 'open') return
    for (const chunk of data instanceof Uint8Array ? [data] : data) {
      if (this.#gathering === undefined) this.#take([chunk])
      else this.#gathering.add(chunk)
    }
  }

  #take(chunks: readonly Uint8Array[]): void {
    this.#incoming.push(this.#messagesOf(chunks))
    this.#deliver()
    // In a task's last microtask, as the bytes that come with an end of stream are dispatched after it.
    queueMicrotask(() => this.#checkEnd())
  }

  /** Sends what has come for as long as the client keeps up; then no more is taken from the stream. */
  #deliver(): void {
    while (this.#clientKeepsUp) {
      const next = this.#incoming[0]?.next()
      if (next === undefined) break
      if (next.done === true) this.#incoming.shift()
      else this.#clientKeepsUp = this.#init.send(next.value)
    }
    if (!this.#clientKeepsUp) this.#pauseStream()
  }

  *#messagesOf(chunks: readonly Uint8Array[]): Generator<Uint8Array<ArrayBuffer>, void> {
    const [chunk] = chunks
    if (chunk === undefined || chunks.length > 1) {
      yield this.#dataOf(chunks)
      return
    }
    if (this.#decoder === undefined) {
      for (let start = 0; start < chunk.byteLength; start += MAX_CHUNK_BYTES) {
        yield this.#dataOf([chunk.subarray(start, start + MAX_CHUNK_BYTES)])
      }
      return
    }
    for (const event of this.#decoder.push(chunk)) {
      if (event.kind === 'frame') {
        yield this.#dataOf(event.chunks)
        continue
      }
      const { maxFrameBytes } = this.#init.bounds
      this.#end({ kind: 'frame-too-large', frameBytes: event.frameBytes, maxFrameBytes })
      this.#stream.abort(
        new Error(`a frame of ${event.frameBytes} bytes is over the limit of ${maxFrameBytes}`),
      )
    }
  }

  #dataOf(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
    for (const { byteLength } of chunks) this.traffic.inBytes += byteLength
    const [only] = chunks
    const isMovable = this.#init.ownsBuffers && only !== undefined && chunks.length === 1
    return (isMovable ? readdressData(this.id, only) : undefined) ?? encodeDataMessage(this.id, chunks)
  }

  /** While a stream resumes it cannot be paused: it would take the end of its resuming for the end of the pause. */
  #pauseStream(): void {
    if (this.#isResuming || this.#isPaused) return
    // A stream that has ended holds no more than it already does, and cannot be paused.
    if (this.#stream.readStatus !== 'readable') return
    this.#isPaused = true
    this.#stream.pause()
  }

  #resumeStream(): void {
    if (!this.#isPaused || this.#incoming.length > 0) return
    this.#isPaused = false
    this.#isResuming = true
    try {
      this.#stream.resume()
    } catch (error) {
      // A stream whose remote is gone delivers what it holds, and may then refuse to ask for more.
      this.#init.log('debug', `connection ${this.id}: resume: ${messageOf(error)}`)
    } finally {
      this.#isResuming = false
    }
    if (!this.#clientKeepsUp) this.#pauseStream()
  }

  /** Nothing more is delivered; what comes is taken from the stream, so that its end is seen. */
  #discardIncoming(): void {
    this.#gathering?.clear()
    this.#incoming.length = 0
    this.#clientKeepsUp = true
    this.#resumeStream()
  }

  #onRemoteCloseWrite(): void {
    // A WebRTC stream whose channel is lost says this too, in the task in which it closes, although its own half was
    // open. The end that a remote means leaves our half open until we close it.
    const writeWasOpen = this.#stream.writeStatus === 'writable'
    this.#remoteEnded = true
    queueMicrotask(() => {
      if (writeWasOpen && (this.#stream.status === 'closed' || isLoss(this.#lastReason)))
        this.#remoteEnded = false
      this.#checkEnd()
    })
  }

  #onClose(error: Error | undefined): void {
    if (this.#lastReason === undefined) {
      this.#lastReason = this.#reasonOf(error)
      if (isLoss(this.#lastReason)) this.#init.linkLost(error)
    }
    // A stream that is aborted throws away what it holds: after a pause that is not all that the remote has sent.
    if (this.#stream.status === 'aborted' && this.#isPaused) this.#remoteEnded = false
    this.#dropQueue()
    queueMicrotask(() => this.#checkEnd())
  }

  #reasonOf(error: Error | undefined): CloseReason {
    if (error?.name === 'StreamResetError' || this.#stream.status === 'reset') return { kind: 'reset' }
    if (error?.name === 'StreamBufferError') {
      return { kind: 'too-slow', maxBytes: this.#stream.maxReadBufferLength }
    }
    if (error?.name === 'StreamBoundError') return { kind: 'stream-bound', message: error.message }
    const { text, limitReached, stands } = this.#init.describeLink(error)
    if (stands) return { kind: 'reset' }
    return { kind: limitReached ? 'limit' : 'lost', link: text }
  }

  /** Ends the connection if its stream has ended and nothing of it is left to deliver. */
  #checkEnd(): void {
    const holdsBytes = this.#incoming.length > 0 || this.#gathering?.isEmpty === false
    if (this.#state !== 'open' || holdsBytes || this.#stream.readBufferLength > 0) return
    if (this.#remoteEnded) {
      const partial = this.#decoder?.partial
      this.#end(partial === undefined ? { kind: 'eof' } : { kind: 'partial-frame', ...partial })
    } else if (this.#lastReason !== undefined) {
      this.#end(this.#lastReason)
    }
  }

  #end(reason: CloseReason, last: 'close' | 'reset' = 'close'): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#discardIncoming()
    this.#init.ended(reason)
    void this.#finishStream(last)
  }

  /**
   * Hands what waits to the stream, and the stream to its end. False if the link is lost meanwhile, or if for
   * `lingerTimeoutMs` nothing of it has moved; the stream is then reset.
   */
  async #flushAnd(last: 'close' | 'reset'): Promise<boolean> {
    const giveUp = new AbortController()
    let unsentBytes = Infinity
    let waits = 0
    const timer = setInterval(() => {
      const left = this.queuedBytes + this.#stream.writeBufferLength
      waits = left < unsentBytes ? 0 : waits + 1
      unsentBytes = left
      if (waits >= (left > 0 ? 1 : MAX_ACKNOWLEDGE_WAITS)) {
        giveUp.abort()
        this.#stream.abort(new Error('the other side did not take what was sent'))
      }
    }, this.#init.bounds.lingerTimeoutMs)
    try {
      await this.#queueSent()
      if (last === 'close') await this.#stream.close({ signal: giveUp.signal })
      else await this.#resetWhenWritten()
      return this.#lastReason === undefined || this.#remoteEnded
    } catch (error) {
      this.#init.log('debug', `connection ${this.id}: close: ${messageOf(error)}`)
      return false
    } finally {
      clearInterval(timer)
    }
  }

  /** Resets the stream as soon as it holds nothing that is still to be sent. */
  async #resetWhenWritten(): Promise<void> {
    const { signal } = this.#listening
    if (this.#stream.writeBufferLength > 0) {
      await new Promise<void>((resolve) => {
        this.#stream.addEventListener('idle', () => resolve(), { signal })
        this.#stream.addEventListener('close', () => resolve(), { signal })
      })
    }
    this.#stream.abort(new Error('the client went away without closing its connections'))
  }

  /** After the end: closes our half, and waits for the remote to close its own, no longer than `lingerTimeoutMs`; or resets it. */
  async #finishStream(last: 'close' | 'reset'): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      if (this.#stream.status !== 'open') resolve()
      this.#stream.addEventListener('close', () => resolve(), { once: true })
    })
    await (this.#closing ?? this.#flushAnd(last))
    const signal = timeoutSignal(this.#init.bounds.lingerTimeoutMs)
    const giveUp = (): void => this.#stream.abort(new Error('the stream was not closed in time'))
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      await this.#stream.closeRead({ signal })
    } catch (error) {
      this.#init.log('debug', `connection ${this.id}: close: ${messageOf(error)}`)
    }
    await closed
    signal.removeEventListener('abort', giveUp)
    this.#listening.abort()
  }
}

function isLoss(reason: CloseReason | undefined): boolean {
  return reason?.kind === 'lost' || reason?.kind === 'limit'
}
