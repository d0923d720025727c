import { ByteCollector } from '../../platform/byte-collector.ts'

/** Bytes of a frame's header: the length of its payload, as a big-endian u32. */
export const FRAME_HEADER_BYTES = 4

/** Returns the header of a frame. */
export function frameHeader(payloadBytes: number): Uint8Array {
  const header = new Uint8Array(FRAME_HEADER_BYTES)
  new DataView(header.buffer).setUint32(0, payloadBytes)
  return header
}

/**
 * What {@link FrameDecoder.push} found: the payload of a whole frame, in chunks, or a frame that exceeds the
 * maximum.
 */
export type StreamEvent =
  | { kind: 'message'; chunks: readonly Uint8Array[] }
  | { kind: 'too-large'; frameBytes: number }

/**
 * Splits a stream's bytes into frames. A frame that arrives in one piece isn't copied.
 *
 * At most one unfinished frame is held, of up to `maxFrameBytes`. A longer frame is refused by its header,
 * and nothing after it can be read.
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

  /**
   * The unfinished frame. Undefined between frames. While the header is incomplete, it counts as a frame of
   * its own size.
   */
  get partial(): { gotBytes: number; frameBytes: number } | undefined {
    if (this.#headerBytes === 0) return undefined
    if (this.#headerBytes < FRAME_HEADER_BYTES) {
      return { gotBytes: this.#headerBytes, frameBytes: FRAME_HEADER_BYTES }
    }
    return { gotBytes: this.#gotBytes, frameBytes: this.#frameBytes }
  }

  /** Adds bytes, and yields each frame that they complete. */
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
