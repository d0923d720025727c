import type { Stream } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import { encodeDataMessage } from '../protocol/index.ts'
import type { RelayBounds } from './bounds.ts'
import type { CloseReason } from './close-reason.ts'
import { FrameDecoder, frameHeader } from './framing.ts'
import type { Log } from './log.ts'
import { messageOf } from './log.ts'

/** Bytes of a stream without frames that go into one Data message at most. */
const MAX_CHUNK_BYTES = 262_144

/**
 * Bytes that a stream may hold for a client that is not reading. It is met only on transports that cannot slow their
 * sender down (WebRTC): yamux and loopback stop far below.
 */
export const MAX_UNREAD_BYTES = 67_108_864

/** What a {@link StreamConnection} is made of. */
export interface ConnectionInit {
  id: bigint
  /** Open, and not read by anybody else. */
  stream: Stream
  frames: boolean
  bounds: RelayBounds
  log: Log
  /** What carried the stream, for the one who has lost it: in words, and whether it was a relay's limit that ended it. */
  describeLink(): { link: string; limitReached: boolean }
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
  /** Bytes that wait for the stream to take them. */
  queuedBytes = 0
  readonly #init: ConnectionInit
  readonly #stream: Stream
  readonly #decoder: FrameDecoder | undefined
  readonly #queue: QueuedWrite[] = []
  readonly #listening = new AbortController()
  #state: 'open' | 'closing' | 'ended' = 'open'
  #streamIsFull = false
  /** The remote ended its stream in order; what it sent may still be on its way to the client. */
  #remoteEnded = false
  /** How the stream closed, told once all that it holds has been delivered. */
  #lastReason: CloseReason | undefined
  #onQueueSent: (() => void) | undefined

  constructor(init: ConnectionInit) {
    this.id = init.id
    this.#init = init
    this.#stream = init.stream
    this.#decoder = init.frames ? new FrameDecoder(init.bounds.maxFrameBytes) : undefined
    this.#stream.maxReadBufferLength = MAX_UNREAD_BYTES
  }

  /** Begins to deliver: called once the client knows of the connection. */
  start(): void {
    const { signal } = this.#listening
    this.#remoteEnded = this.#stream.remoteWriteStatus === 'closed' && this.#stream.status === 'open'
    this.#stream.addEventListener('drain', () => this.#sendQueue(), { signal })
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
    const data =
      this.#decoder === undefined ? payload : new Uint8ArrayList(frameHeader(payload.byteLength), payload)
    if (data.byteLength === 0) return
    if (!this.#streamIsFull) {
      this.#send(data)
      return
    }
    this.queuedBytes += data.byteLength
    return new Promise((handedOver) => this.#queue.push({ data, handedOver }))
  }

  /** The client keeps up again. */
  resume(): void {
    if (this.#stream.readStatus !== 'paused') return
    try {
      this.#stream.resume()
    } catch (error) {
      // A stream whose remote is gone delivers what it holds, and may then refuse to ask for more.
      this.#init.log('debug', `connection ${this.id}: resume: ${messageOf(error)}`)
    }
    this.#checkEnd()
  }

  /** Ends it in order: what was written is handed to the stream first; what still arrives is not read. */
  async close(reason: CloseReason): Promise<void> {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.resume()
    await this.#queueSent()
    this.#end(reason)
  }

  /** Ends it for a client that is gone: what it wrote is still flushed, for as long as `lingerTimeoutMs` allows. */
  abandon(): void {
    this.#end({ kind: 'closed' })
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
    this.#streamIsFull = false
    while (!this.#streamIsFull) {
      const next = this.#queue.shift()
      if (next === undefined) {
        this.#onQueueSent?.()
        return
      }
      this.queuedBytes -= next.data.byteLength
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
    let keepsUp = true
    for (const chunk of data instanceof Uint8Array ? [data] : data) {
      for (const message of this.#messagesOf(chunk)) keepsUp = this.#init.send(message)
    }
    // A stream that has ended holds no more than it already does, and cannot be paused.
    if (!keepsUp && this.#stream.readStatus === 'readable') this.#stream.pause()
    // In a task's last microtask, as the bytes that come with an end of stream are dispatched after it.
    queueMicrotask(() => this.#checkEnd())
  }

  *#messagesOf(chunk: Uint8Array): Generator<Uint8Array<ArrayBuffer>, void> {
    if (this.#decoder === undefined) {
      for (let start = 0; start < chunk.byteLength; start += MAX_CHUNK_BYTES) {
        yield encodeDataMessage(this.id, [chunk.subarray(start, start + MAX_CHUNK_BYTES)])
      }
      return
    }
    if (this.#state !== 'open') return
    for (const event of this.#decoder.push(chunk)) {
      if (event.kind === 'frame') {
        yield encodeDataMessage(this.id, event.chunks)
        continue
      }
      const { maxFrameBytes } = this.#init.bounds
      this.#end({ kind: 'frame-too-large', frameBytes: event.frameBytes, maxFrameBytes })
      this.#stream.abort(
        new Error(`a frame of ${event.frameBytes} bytes is over the limit of ${maxFrameBytes}`),
      )
    }
  }

  #onRemoteCloseWrite(): void {
    // A WebRTC stream whose channel is lost says this too, in the task in which it closes, although its own half was
    // open. The end that a remote means leaves our half open until we close it.
    const writeWasOpen = this.#stream.writeStatus === 'writable'
    this.#remoteEnded = true
    queueMicrotask(() => {
      if (writeWasOpen && isLoss(this.#lastReason)) this.#remoteEnded = false
      this.#checkEnd()
    })
  }

  #onClose(error: Error | undefined): void {
    this.#lastReason ??= this.#reasonOf(error)
    this.#dropQueue()
    queueMicrotask(() => this.#checkEnd())
  }

  #reasonOf(error: Error | undefined): CloseReason {
    if (error?.name === 'StreamResetError') return { kind: 'reset' }
    if (error?.name === 'StreamBufferError') return { kind: 'too-slow', maxBytes: MAX_UNREAD_BYTES }
    const { link, limitReached } = this.#init.describeLink()
    return { kind: limitReached ? 'limit' : 'lost', link }
  }

  /** Ends the connection if its stream has ended and nothing of it is left to deliver. */
  #checkEnd(): void {
    if (this.#state === 'ended' || (this.#state === 'open' && this.#stream.readBufferLength > 0)) return
    if (this.#remoteEnded && this.#state === 'open') {
      const partial = this.#decoder?.partial
      this.#end(partial === undefined ? { kind: 'eof' } : { kind: 'partial-frame', ...partial })
    } else if (this.#lastReason !== undefined) {
      this.#end(this.#lastReason)
    }
  }

  #end(reason: CloseReason): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#init.ended(reason)
    void this.#finishStream()
  }

  /** Flushes and closes the stream, and waits for the remote to close its half: never longer than `lingerTimeoutMs`. */
  async #finishStream(): Promise<void> {
    const signal = AbortSignal.timeout(this.#init.bounds.lingerTimeoutMs)
    const giveUp = (): void => this.#stream.abort(new Error('the stream was not closed in time'))
    signal.addEventListener('abort', giveUp, { once: true })
    const closed = new Promise<void>((resolve) => {
      if (this.#stream.status !== 'open') resolve()
      this.#stream.addEventListener('close', () => resolve(), { once: true })
    })
    try {
      this.resume()
      await Promise.race([this.#queueSent(), closed])
      await this.#stream.close({ signal })
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
