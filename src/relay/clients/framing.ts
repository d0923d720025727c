import { ByteCollector } from '../../platform/byte-collector.ts'

/** Bytes of a frame's length, a big-endian u32, before its payload. */
export const FRAME_HEADER_BYTES = 4

/** The header of a frame with this much payload. */
export function frameHeader(payloadBytes: number): Uint8Array {
  const header = new Uint8Array(FRAME_HEADER_BYTES)
  new DataView(header.buffer).setUint32(0, payloadBytes)
  return header
}

/** What {@link FrameDecoder.push} found: a whole frame, as the chunks it came in, or one that may not be read. */
export type StreamEvent =
  | { kind: 'message'; chunks: readonly Uint8Array[] }
  | { kind: 'too-large'; frameBytes: number }

/**
 * Cuts a stream's bytes into frames. A frame that arrives in one piece is a view of it.
 *
 * It holds the bytes of one unfinished frame, `maxFrameBytes` at most, as a {@link ByteCollector} does, whatever pieces they arrive
 * in. A longer frame is recognised by its header, and nothing can be read behind it.
 */
export class FrameDecoder {
  readonly #maxFrameBytes: number
  readonly #header = new Uint8Array(FRAME_HEADER_BYTES)
  #headerBytes = 0
  #frameBytes = 0
  #gotBytes = 0
  readonly #collected = new ByteCollector()

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes
  }

  /** The frame that has begun and not ended, undefined between frames. A header cut short counts as a frame of its own size. */
  get partial(): { gotBytes: number; frameBytes: number } | undefined {
    if (this.#headerBytes === 0) return undefined
    if (this.#headerBytes < FRAME_HEADER_BYTES) {
      return { gotBytes: this.#headerBytes, frameBytes: FRAME_HEADER_BYTES }
    }
    return { gotBytes: this.#gotBytes, frameBytes: this.#frameBytes }
  }

  *push(bytes: Uint8Array): Generator<StreamEvent, void> {
    let rest = bytes
    while (rest.byteLength > 0) {
      if (this.#headerBytes < FRAME_HEADER_BYTES) {
        rest = this.#takeHeader(rest)
        if (this.#headerBytes < FRAME_HEADER_BYTES) return
        if (this.#frameBytes > this.#maxFrameBytes) {
          yield { kind: 'too-large', frameBytes: this.#frameBytes }
          return
        }
      }
      const taken = rest.subarray(0, this.#frameBytes - this.#gotBytes)
      const isWhole = taken.byteLength === this.#frameBytes && taken.byteLength > 0
      if (!isWhole) this.#collected.add(taken)
      this.#gotBytes += taken.byteLength
      rest = rest.subarray(taken.byteLength)
      if (this.#gotBytes === this.#frameBytes) {
        this.#headerBytes = 0
        this.#gotBytes = 0
        yield { kind: 'message', chunks: isWhole ? [taken] : this.#collected.take() }
      }
    }
  }

  #takeHeader(bytes: Uint8Array): Uint8Array {
    const taken = bytes.subarray(0, FRAME_HEADER_BYTES - this.#headerBytes)
    this.#header.set(taken, this.#headerBytes)
    this.#headerBytes += taken.byteLength
    this.#frameBytes = new DataView(this.#header.buffer).getUint32(0)
    return bytes.subarray(taken.byteLength)
  }
}
