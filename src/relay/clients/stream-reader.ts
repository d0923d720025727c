import type { Stream } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'
import { messageOf } from '../log.ts'
import type { StreamEvent } from './framing.ts'
import { FrameDecoder } from './framing.ts'
import { Gathering } from './gathering.ts'

/** The most bytes of one message, on a stream without frames. */
const MAX_PIECE_BYTES = 262_144

/** What a {@link StreamReader} needs. */
export interface StreamReaderInit {
  stream: Stream
  /** The most payload bytes of a frame. Undefined for a stream without frames. */
  maxFrameBytes: number | undefined
  /**
   * `queueTask` of `RelayComponents`, to gather bytes without frames into fewer messages. Undefined to gather
   * nothing.
   */
  gatherWith: ((task: () => void) => void) | undefined
  /** Takes the chunks of one message. On false, the reader waits for {@link StreamReader.drain}. */
  message(chunks: readonly Uint8Array[]): boolean
  /** The remote began a frame that is too large. Nothing after it can be read. */
  frameTooLarge(frameBytes: number): void
  /** Called in a microtask after bytes have arrived. */
  progressed(): void
  /** Takes lines for the log. */
  debug(line: string): void
}

/**
 * Reads messages from a stream, and pauses the stream while the client doesn't keep up or has asked for a
 * pause.
 */
export class StreamReader {
  readonly #init: StreamReaderInit
  readonly #stream: Stream
  readonly #decoder: FrameDecoder | undefined
  readonly #gathering: Gathering | undefined
  /** Undelivered messages. Each iterator yields its messages one by one, so delivery can pause in between. */
  readonly #incoming: Iterator<StreamEvent, void>[] = []
  #clientKeepsUp = true
  /** Whether the client has asked for a pause. */
  #isPausedByClient = false
  #isResuming = false
  #isPaused = false
  #isDiscarding = false

  constructor(init: StreamReaderInit) {
    this.#init = init
    this.#stream = init.stream
    if (init.maxFrameBytes !== undefined) this.#decoder = new FrameDecoder(init.maxFrameBytes)
    if (init.gatherWith !== undefined)
      this.#gathering = new Gathering(init.gatherWith, (chunks) => this.#take(chunks))
  }

  /** Whether the stream is paused because the client doesn't keep up or has asked to wait. */
  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Whether this reader or the stream holds bytes that are not yet delivered. */
  get holdsBytes(): boolean {
    return (
      this.#incoming.length > 0 || this.#gathering?.isEmpty === false || this.#stream.readBufferLength > 0
    )
  }

  /** The unfinished frame. Undefined between frames, and for a stream without frames. */
  get partial(): FrameDecoder['partial'] {
    return this.#decoder?.partial
  }

  /** Takes the bytes of one `message` event of the stream. */
  receive(data: Uint8Array | Uint8ArrayList): void {
    if (this.#isDiscarding) return
    for (const chunk of data instanceof Uint8Array ? [data] : data) {
      if (this.#gathering === undefined) this.#take([chunk])
      else this.#gathering.add(chunk)
    }
  }

  /** Resumes delivery. Call it when the client keeps up again. */
  drain(): void {
    this.#clientKeepsUp = true
    this.#flow()
  }

  /** Delivers nothing until {@link StreamReader.resume}. Call it when the client asks for that. */
  pause(): void {
    if (this.#isDiscarding) return
    this.#isPausedByClient = true
    this.#pauseStream()
  }

  /** Ends {@link StreamReader.pause}. */
  resume(): void {
    if (!this.#isPausedByClient) return
    this.#isPausedByClient = false
    this.#flow()
  }

  /** Drops everything from now on. The stream is still read, so that its end is noticed. */
  discard(): void {
    this.#isDiscarding = true
    this.#gathering?.clear()
    this.#incoming.length = 0
    this.#clientKeepsUp = true
    this.#isPausedByClient = false
    this.#resumeStream()
  }

  /** Whether the client takes messages now. */
  get #takes(): boolean {
    return this.#clientKeepsUp && !this.#isPausedByClient
  }

  #flow(): void {
    this.#deliver()
    if (this.#takes) this.#resumeStream()
  }

  #take(chunks: readonly Uint8Array[]): void {
    this.#incoming.push(messagesIn(chunks, this.#decoder))
    this.#deliver()
    // If the stream has ended too, it dispatches that event later in this task.
    queueMicrotask(() => this.#init.progressed())
  }

  #deliver(): void {
    while (this.#takes) {
      const next = this.#incoming[0]?.next()
      if (next === undefined) break
      if (next.done === true) this.#incoming.shift()
      else if (next.value.kind === 'message') this.#clientKeepsUp = this.#init.message(next.value.chunks)
      else this.#init.frameTooLarge(next.value.frameBytes)
    }
    if (!this.#takes) this.#pauseStream()
  }

  /**
   * Must not pause the stream while `resume` runs: the stream would end the new pause when `resume` returns.
   */
  #pauseStream(): void {
    if (this.#isResuming || this.#isPaused) return
    // A stream that has ended can't be paused, and holds no more than it already does.
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
      // If the remote is gone, the stream delivers its buffer, and may then fail to request more.
      this.#init.debug(`resume: ${messageOf(error)}`)
    } finally {
      this.#isResuming = false
    }
    if (!this.#takes) this.#pauseStream()
  }
}

/** Splits the bytes of a stream into messages. Gathered chunks are one message. */
function* messagesIn(
  chunks: readonly Uint8Array[],
  decoder: FrameDecoder | undefined,
): Generator<StreamEvent, void> {
  const [chunk] = chunks
  if (chunk === undefined || chunks.length > 1) {
    yield { kind: 'message', chunks }
  } else if (decoder !== undefined) {
    yield* decoder.push(chunk)
  } else {
    for (let start = 0; start < chunk.byteLength; start += MAX_PIECE_BYTES) {
      yield { kind: 'message', chunks: [chunk.subarray(start, start + MAX_PIECE_BYTES)] }
    }
  }
}
