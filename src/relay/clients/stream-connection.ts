import type { Stream } from '@libp2p/interface'
import { encodeDataMessage, readdressData } from '../../protocol/index.ts'
import type { Traffic } from '../../status/index.ts'
import type { RelayBounds } from '../bounds.ts'
import type { StreamLink } from '../dialing/stream-link.ts'
import { hasLostChannel } from '../libp2p/lost-channel.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import type { CloseReason } from './close-reason.ts'
import { describeCloseReason } from './close-reason.ts'
import type { LastWord } from './stream-end.ts'
import { StreamEnd } from './stream-end.ts'
import { StreamReader } from './stream-reader.ts'
import { StreamWriter } from './stream-writer.ts'

/** What a {@link StreamConnection} needs. */
export interface StreamConnectionInit {
  id: bigint
  /** An open stream that nobody else reads. */
  stream: Stream
  frames: boolean
  /** Whether the connection stays open after the remote has ended its data. */
  halfOpen: boolean
  /**
   * Whether the connection owns the buffers that come from the stream, and may change or transfer them.
   */
  ownsBuffers: boolean
  bounds: RelayBounds
  log: Log
  /** As in `RelayComponents`. */
  queueTask: (task: () => void) => void
  /** What carries the stream. */
  link: Pick<StreamLink, 'describe' | 'lost'>
  /** Sends a message to the client. On false, the connection waits for {@link StreamConnection.drain}. */
  send(message: Uint8Array<ArrayBuffer>): boolean
  /** Called once if {@link StreamConnectionInit.halfOpen} is set, after all data of the remote. */
  remoteClosedWrite(): void
  /** Called exactly once. Nothing is sent for this ID afterwards. */
  ended(reason: CloseReason): void
}

/**
 * One libp2p stream as a connection of a client, with flow control in both directions and a single close
 * reason.
 *
 * A stream announces its end while it still holds data. The connection delivers that data before it reports
 * the end.
 */
export class StreamConnection {
  readonly id: bigint
  /** Bytes of payload sent to the client (`inBytes`) and received from it (`outBytes`). */
  readonly traffic: Traffic = { inBytes: 0, outBytes: 0 }
  readonly #init: StreamConnectionInit
  readonly #stream: Stream
  readonly #reader: StreamReader
  readonly #writer: StreamWriter
  readonly #streamEnd: StreamEnd
  readonly #listening = new AbortController()
  #state: 'open' | 'closing' | 'ended' = 'open'
  /** Whether the remote ended its stream in order. Its last bytes may not be delivered to the client yet. */
  #remoteEnded = false
  /** Whether the client knows that the remote has ended its stream, and the connection is still open. */
  #isRemoteEndTold = false
  /** This side's half: `lost` if the stream closed before the half could be ended. */
  #writing: 'open' | 'closing' | 'closed' | 'lost' = 'open'
  /** Why the stream closed. Reported to the client after all bytes of the stream are delivered. */
  #lastReason: CloseReason | undefined

  constructor(init: StreamConnectionInit) {
    const { stream, frames, ownsBuffers, bounds, queueTask } = init
    this.id = init.id
    this.#init = init
    this.#stream = stream
    const debug = (line: string): void => init.log('debug', `connection ${this.id}: ${line}`)
    this.#reader = new StreamReader({
      stream,
      maxFrameBytes: frames ? bounds.maxFrameBytes : undefined,
      gatherWith: frames || ownsBuffers ? undefined : queueTask,
      message: (chunks) => init.send(this.#dataOf(chunks)),
      frameTooLarge: (frameBytes) => this.#onFrameTooLarge(frameBytes),
      progressed: () => this.#checkEnd(),
      debug,
    })
    this.#writer = new StreamWriter(stream, frames, debug)
    this.#streamEnd = new StreamEnd({
      stream,
      writer: this.#writer,
      lingerTimeoutMs: bounds.lingerTimeoutMs,
      isLost: () => this.#lastReason !== undefined && !this.#remoteEnded,
      debug,
    })
  }

  /** Bytes that are queued for the stream, including an overhead for each message. */
  get queuedBytes(): number {
    return this.#writer.queuedBytes
  }

  /** Whether the client has ended its data. */
  get isWriteClosed(): boolean {
    return this.#writing !== 'open'
  }

  /** Bytes that the stream may hold while the client doesn't read. A stream that exceeds this ends. */
  set maxUnreadBytes(bytes: number) {
    this.#stream.maxReadBufferLength = bytes
  }

  /** Starts delivery. Call it after the client has been told about the connection. */
  start(): void {
    const { signal } = this.#listening
    this.#remoteEnded = this.#stream.remoteWriteStatus === 'closed' && this.#stream.status === 'open'
    // On this event the stream sends its own buffer, in a microtask. Our queue must come after that.
    this.#stream.addEventListener('drain', () => queueMicrotask(() => this.#writer.drain()), { signal })
    this.#stream.addEventListener('remoteCloseWrite', () => this.#onRemoteCloseWrite(), { signal })
    this.#stream.addEventListener('close', (event) => this.#onClose(event.error), { signal })
    this.#stream.addEventListener('message', (event) => this.#reader.receive(event.data), { signal })
    if (this.#stream.status !== 'open') this.#onClose(undefined)
    queueMicrotask(() => this.#checkEnd())
  }

  /**
   * Writes the payload of one Data message. If the stream is full, returns a promise that resolves when the
   * payload was written or dropped.
   */
  write(payload: Uint8Array): void | Promise<void> {
    if (this.#state !== 'open' || this.#lastReason !== undefined) return
    this.traffic.outBytes += payload.byteLength
    return this.#writer.write(payload)
  }

  /** Ends this side's data after what was written. What the remote sends is still delivered. */
  closeWrite(): void {
    if (this.#state !== 'open' || this.#writing !== 'open') return
    this.#writing = 'closing'
    void this.#closeWrite()
  }

  /** Resumes delivery. Call it when the client keeps up again, after `send` returned false. */
  drain(): void {
    this.#reader.drain()
    this.#checkEnd()
  }

  /**
   * Delivers nothing until {@link StreamConnection.resume}. Where the link can't be slowed down, the
   * connection ends when the stream holds more than {@link StreamConnection.maxUnreadBytes}.
   */
  pause(): void {
    this.#reader.pause()
  }

  /** Delivers what a paused connection holds, then what comes. */
  resume(): void {
    this.#reader.resume()
    this.#checkEnd()
  }

  /** Ends the connection in order: flushes what was written, and ignores what the remote still sends. */
  async close(reason: CloseReason): Promise<void> {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#reader.discard()
    const flushed = await this.#streamEnd.flush('close')
    this.#end(flushed ? reason : { kind: 'not-flushed' })
  }

  /**
   * Ends the connection of a client that is gone, after flushing what it wrote. Closes the stream if the
   * client left in order or had sent Close, and otherwise resets it.
   */
  abandon(inOrder: boolean): void {
    const isClosing = this.#state === 'closing'
    this.#end({ kind: 'closed' }, inOrder || isClosing ? 'close' : 'reset')
  }

  /** Ends the connection immediately: resets the stream, and drops what is queued for it. */
  reset(reason: CloseReason): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#reader.discard()
    this.#init.ended(reason)
    this.#stream.abort(new Error(describeCloseReason(reason)))
    this.#writer.drop()
    this.#listening.abort()
  }

  /**
   * Resets the connection because the relay stops, unless the client has sent Close and everything was
   * flushed.
   */
  stop(): void {
    if (this.#state === 'open' || this.#writer.unsentBytes > 0) this.reset({ kind: 'relay-stopped' })
  }

  #dataOf(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
    for (const { byteLength } of chunks) this.traffic.inBytes += byteLength
    const [only] = chunks
    const isMovable = this.#init.ownsBuffers && only !== undefined && chunks.length === 1
    return (isMovable ? readdressData(this.id, only) : undefined) ?? encodeDataMessage(this.id, chunks)
  }

  #onFrameTooLarge(frameBytes: number): void {
    const { maxFrameBytes } = this.#init.bounds
    const reason = { kind: 'frame-too-large', frameBytes, maxFrameBytes } as const
    this.#end(reason)
    this.#stream.abort(new Error(describeCloseReason(reason)))
  }

  #onRemoteCloseWrite(): void {
    // A WebRTC stream also reports this event when it loses its channel, and closes in the same task. When
    // the remote really ends its half, our half stays open until we close it.
    const writeWasOpen = this.#stream.writeStatus === 'writable'
    // Once our half is closed, the stream closes in the same task in both cases.
    if (!writeWasOpen && hasLostChannel(this.#stream)) return
    this.#remoteEnded = true
    queueMicrotask(() => {
      if (writeWasOpen && (this.#stream.status === 'closed' || isLoss(this.#lastReason))) {
        this.#remoteEnded = false
      }
      this.#checkEnd()
    })
  }

  #onClose(error: Error | undefined): void {
    if (this.#lastReason === undefined) {
      this.#lastReason = this.#reasonOf(error)
      if (isLoss(this.#lastReason)) this.#init.link.lost(error)
    }
    // An aborted stream drops its buffer. If it was paused, the client hasn't received everything the remote
    // sent.
    if (this.#stream.status === 'aborted' && this.#reader.isPaused) this.#remoteEnded = false
    this.#writer.drop()
    queueMicrotask(() => this.#checkEnd())
  }

  #reasonOf(error: Error | undefined): CloseReason {
    if (error?.name === 'StreamResetError' || this.#stream.status === 'reset') return { kind: 'reset' }
    if (error?.name === 'StreamBufferError') {
      return { kind: 'too-slow', maxBytes: this.#stream.maxReadBufferLength }
    }
    if (error?.name === 'StreamBoundError') return { kind: 'stream-bound', message: error.message }
    const { text, limitReached, stands } = this.#init.link.describe(error)
    if (stands) return { kind: 'reset' }
    return { kind: limitReached ? 'limit' : 'lost', link: text }
  }

  async #closeWrite(): Promise<void> {
    let isClosed = false
    try {
      isClosed = await this.#streamEnd.closeWrite()
    } catch (error) {
      this.#init.log('debug', `connection ${this.id}: close write: ${messageOf(error)}`)
    }
    const { status } = this.#stream
    this.#writing = isClosed && status !== 'reset' && status !== 'aborted' ? 'closed' : 'lost'
    this.#checkEnd()
  }

  /** Reports the remote's end, and ends the connection, once everything that the stream held is delivered. */
  #checkEnd(): void {
    if (this.#state !== 'open' || this.#reader.holdsBytes) return
    if (this.#remoteEnded && !this.#isRemoteEndTold) this.#onLastByte()
    if (this.#isRemoteEndTold) {
      if (this.#writing === 'closed') this.#end({ kind: 'eof' })
      // A stream that closes in order says so just before its half counts as closed.
      if (this.#writing === 'closing') return
    }
    if (this.#lastReason !== undefined) this.#end(this.#lastReason)
  }

  /** The remote has ended its stream, and everything that it sent is delivered. */
  #onLastByte(): void {
    const { partial } = this.#reader
    if (partial !== undefined) return this.#end({ kind: 'partial-frame', ...partial })
    if (!this.#init.halfOpen) return this.#end({ kind: 'eof' })
    this.#isRemoteEndTold = true
    this.#init.remoteClosedWrite()
  }

  #end(reason: CloseReason, last: LastWord = 'close'): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#reader.discard()
    this.#init.ended(reason)
    void this.#streamEnd.finish(last).then(() => this.#listening.abort())
  }
}

function isLoss(reason: CloseReason | undefined): boolean {
  return reason?.kind === 'lost' || reason?.kind === 'limit'
}
