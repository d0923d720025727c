import { GoAwayCode } from '@chainsafe/libp2p-yamux'
import { Uint8ArrayList } from 'uint8arraylist'
import { ByteCollector } from '../../platform/byte-collector.ts'

/** Bytes of a frame's header (yamux specification): version, type, flags (2), stream ID (4), length (4). */
const HEADER_BYTES = 12
const DATA = 0
/** Flags at the end of a stream: FIN and RST. All other flags are at its beginning. */
const END_FLAGS = 0x4 | 0x8
/** The most bytes that adjacent data frames are merged into. */
const MAX_MERGED_BYTES = 262_144

/** The header of a yamux frame. */
export interface YamuxHeader {
  type: number
  flag: number
  streamID: number
  length: number
}

/** A yamux frame. Its data may be part of one frame on the wire, or that of several. */
export interface YamuxFrame {
  header: YamuxHeader
  data?: Uint8ArrayList
}

/**
 * A peer broke the yamux protocol, or exceeded this peer's limits. `reason` is the code for the Go Away
 * message.
 */
export class YamuxLimitError extends Error {
  override readonly name = 'YamuxLimitError'
  readonly reason = GoAwayCode.ProtocolError
}

/**
 * Reads yamux frames from pieces of bytes of any size.
 *
 * It doesn't wait for a whole data frame, but returns what has arrived as a frame of its own. Adjacent data
 * frames of one stream are merged, because the cost of a frame doesn't depend on its length.
 */
export class YamuxFrames {
  readonly #waiting = new ByteCollector()
  /** Pieces taken from `#waiting`, in reverse order. */
  #pieces: Uint8Array[] = []
  #piece: Uint8Array = new Uint8Array(0)
  #offset = 0
  /** The bytes in `#pieces`. `#piece` is no longer among them. */
  #pieceBytes = 0
  readonly #header = new Uint8Array(HEADER_BYTES)
  #headerBytes = 0
  /** The data frame that is being read, and its bytes that are not read yet. */
  #data: YamuxHeader | undefined
  #dataLeft = 0

  /** The bytes that were pushed and not read yet. */
  get waitingBytes(): number {
    return this.#waiting.byteLength + this.#pieceBytes + this.#piece.byteLength - this.#offset
  }

  push(bytes: Uint8Array | Uint8ArrayList): void {
    for (const piece of bytes instanceof Uint8Array ? [bytes] : bytes) {
      if (piece.byteLength === 0) continue
      if (this.waitingBytes > 0) {
        this.#waiting.add(piece)
        continue
      }
      this.#piece = piece
      this.#offset = 0
    }
  }

  /**
   * Returns the next frame, or undefined if none has arrived.
   *
   * @throws YamuxLimitError if the bytes are not a yamux frame
   */
  next(): YamuxFrame | undefined {
    while (this.#hasBytes()) {
      if (this.#data !== undefined) return this.#readData(this.#data)
      const header = this.#readHeader()
      if (header === undefined) continue
      if (header.type !== DATA) return { header }
      if (header.length === 0) return { header, data: new Uint8ArrayList() }
      this.#data = header
      this.#dataLeft = header.length
    }
    return undefined
  }

  /** Drops all bytes that were not read. */
  clear(): void {
    this.#waiting.clear()
    this.#pieces = []
    this.#pieceBytes = 0
    this.#piece = new Uint8Array(0)
    this.#offset = 0
  }

  /** Returns whether there are bytes to read. Moves on to the next piece once the current one is read. */
  #hasBytes(): boolean {
    if (this.#offset < this.#piece.byteLength) return true
    if (this.#pieces.length === 0) {
      this.#pieceBytes = this.#waiting.byteLength
      this.#pieces = this.#waiting.take().reverse()
    }
    this.#piece = this.#pieces.pop() ?? new Uint8Array(0)
    this.#pieceBytes -= this.#piece.byteLength
    this.#offset = 0
    return this.#piece.byteLength > 0
  }

  /** Returns the header, or undefined if the piece ends inside it. */
  #readHeader(): YamuxHeader | undefined {
    const part = this.#piece.subarray(this.#offset, this.#offset + HEADER_BYTES - this.#headerBytes)
    this.#header.set(part, this.#headerBytes)
    this.#headerBytes += part.byteLength
    this.#offset += part.byteLength
    if (this.#headerBytes < HEADER_BYTES) return undefined
    this.#headerBytes = 0
    return headerAt(this.#header, 0)
  }

  #readData(header: YamuxHeader): YamuxFrame {
    const first = this.#takeData()
    const isWhole = this.#dataLeft === 0
    const flag = isWhole ? header.flag : header.flag & ~END_FLAGS
    if (isWhole) this.#data = undefined
    else header.flag &= END_FLAGS
    const mayGrow = isWhole && header.flag === 0 && this.#isMoreOf(header.streamID, first.byteLength)
    const data = mayGrow ? this.#merge(header.streamID, first) : new Uint8ArrayList(first)
    return { header: { ...header, flag, length: data.byteLength }, data }
  }

  #takeData(): Uint8Array {
    const data = this.#piece.subarray(this.#offset, this.#offset + this.#dataLeft)
    this.#offset += data.byteLength
    this.#dataLeft -= data.byteLength
    return data
  }

  /**
   * Returns whether a whole data frame of the stream follows in the same piece, without flags and short
   * enough to merge.
   */
  #isMoreOf(streamID: number, bytes: number): boolean {
    if (this.#piece.byteLength - this.#offset < HEADER_BYTES) return false
    const next = headerAt(this.#piece, this.#offset)
    return (
      next.type === DATA &&
      next.flag === 0 &&
      next.streamID === streamID &&
      next.length <= this.#piece.byteLength - this.#offset - HEADER_BYTES &&
      bytes + next.length <= MAX_MERGED_BYTES
    )
  }

  #merge(streamID: number, first: Uint8Array): Uint8ArrayList {
    const merged = new ByteCollector()
    merged.add(first)
    do {
      this.#dataLeft = headerAt(this.#piece, this.#offset).length
      this.#offset += HEADER_BYTES
      merged.add(this.#takeData())
    } while (this.#isMoreOf(streamID, merged.byteLength))
    return new Uint8ArrayList(...merged.take())
  }
}

function headerAt(bytes: Uint8Array, offset: number): YamuxHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, HEADER_BYTES)
  if (view.getUint8(0) !== 0) throw new YamuxLimitError('The peer sent something that is not a yamux frame')
  return {
    type: view.getUint8(1),
    flag: view.getUint16(2),
    streamID: view.getUint32(4),
    length: view.getUint32(8),
  }
}
