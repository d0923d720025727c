import type { Stream } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'
import { messageOf } from '../log.ts'
import type { StreamEvent } from './framing.ts'
import { FrameDecoder } from './framing.ts'
import { Gathering } from './gathering.ts'

/** Bytes without frames that go into one message at most. */
const MAX_PIECE_BYTES = 262_144

/** What a {@link StreamReader} reads, and who takes it. */
export interface StreamReaderInit {
  stream: Stream
  /** The most payload bytes of a frame. Undefined for a stream without frames. */
  maxFrameBytes: number | undefined
  /**
   * As in `RelayComponents`: gathers bytes without frames into fewer messages. Undefined to keep them in the
   * messages they come in.
   */
  gatherWith: ((task: () => void) => void) | undefined
  /** Takes the chunks of one message. On false, the reader waits for {@link StreamReader.resume}. */
  message(chunks: readonly Uint8Array[]): boolean
  /** The remote began a frame that is too large. Nothing after it can be read. */
  frameTooLarge(frameBytes: number): void
  /** Called in a later microtask each time bytes have come. */
  progressed(): void
  /** Takes lines for the log. */
  debug(line: string): void
}

/**
 * Reads messages from a stream as fast as the client takes them. While the client doesn't, the stream is
 * paused.
 */
export class StreamReader {
  readonly #init: StreamReaderInit
  readonly #stream: Stream
  readonly #decoder: FrameDecoder | undefined
  readonly #gathering: Gathering | undefined
  /**
   * What has come and is not yet delivered. Each iterator yields messages one by one, so that a pause can
   * come between them.
   */
  readonly #incoming: Iterator<StreamEvent, void>[] = []
  #clientKeepsUp = true
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

  /** Whether the stream is paused because the client doesn't keep up. */
  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Whether bytes have come that are not yet delivered, here or in the stream. */
  get holdsBytes(): boolean {
    return (
      this.#incoming.length > 0 || this.#gathering?.isEmpty === false || this.#stream.readBufferLength > 0
    )
  }

  /** The frame that has begun and not ended. Undefined between frames, and for a stream without frames. */
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

  /** The client keeps up again. */
  resume(): void {
    this.#clientKeepsUp = true
    this.#deliver()
    if (this.#clientKeepsUp) this.#resumeStream()
  }

  /** Delivers nothing more. The stream is still read, so that its end is noticed. */
  discard(): void {
    this.#isDiscarding = true
    this.#gathering?.clear()
    this.#incoming.length = 0
    this.#clientKeepsUp = true
    this.#resumeStream()
  }

  #take(chunks: readonly Uint8Array[]): void {
    this.#incoming.push(messagesIn(chunks, this.#decoder))
    this.#deliver()
    // The stream dispatches its end after the bytes that come with it, still in the same task.
    queueMicrotask(() => this.#init.progressed())
  }

  #deliver(): void {
    while (this.#clientKeepsUp) {
      const next = this.#incoming[0]?.next()
      if (next === undefined) break
      if (next.done === true) this.#incoming.shift()
      else if (next.value.kind === 'message') this.#clientKeepsUp = this.#init.message(next.value.chunks)
      else this.#init.frameTooLarge(next.value.frameBytes)
    }
    if (!this.#clientKeepsUp) this.#pauseStream()
  }

  /**
   * A stream can't be paused while it resumes: it would take the end of its resuming for the end of the
   * pause.
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
      // If the remote is gone, the stream delivers what it holds and may then fail to ask for more.
      this.#init.debug(`resume: ${messageOf(error)}`)
    } finally {
      this.#isResuming = false
    }
    if (!this.#clientKeepsUp) this.#pauseStream()
  }
}

/** Cuts the bytes of a stream into messages. Gathered chunks are one message. */
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
