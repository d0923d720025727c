/** A piece of at least this many bytes is kept without copying, if it is at least half of its buffer. */
const MIN_KEPT_BYTES = 4096
/** Bytes of the first block for copied pieces. Each further block is twice as large, up to the maximum. */
const FIRST_BLOCK_BYTES = 256
const MAX_BLOCK_BYTES = 65_536

/**
 * Collects bytes that arrive in pieces of any size.
 *
 * Invariant: it uses at most three times as much memory as the bytes it holds, plus one block. A view of one
 * byte takes about 200 bytes and keeps its whole buffer alive. Therefore small pieces, and small parts of
 * large buffers, are copied.
 *
 * The `ByteQueue` of `lasting/` isn't built on this class. Its bytes are read in place and removed from the
 * front, and `lasting/` imports nothing from other folders.
 */
export class ByteCollector {
  #chunks: Uint8Array[] = []
  #byteLength = 0
  #block = new Uint8Array(0)
  /** The range of bytes in the block that aren't part of a chunk yet. */
  #blockStart = 0
  #blockEnd = 0

  get byteLength(): number {
    return this.#byteLength
  }

  add(piece: Uint8Array): void {
    const { byteLength } = piece
    this.#byteLength += byteLength
    if (byteLength >= MIN_KEPT_BYTES && 2 * byteLength >= piece.buffer.byteLength) {
      this.#endChunk()
      this.#chunks.push(piece)
      return
    }
    for (let offset = 0; offset < byteLength;) {
      if (this.#blockEnd === this.#block.byteLength) this.#nextBlock()
      const end = Math.min(byteLength, offset + this.#block.byteLength - this.#blockEnd)
      // An attacker may send single bytes. For those, `subarray` would cost more than the copy.
      if (byteLength === 1) this.#block[this.#blockEnd] = piece[0] ?? 0
      else this.#block.set(piece.subarray(offset, end), this.#blockEnd)
      this.#blockEnd += end - offset
      offset = end
    }
  }

  /** Removes and returns all bytes, in order. */
  take(): Uint8Array[] {
    this.#endChunk()
    const chunks = this.#chunks
    this.clear()
    return chunks
  }

  clear(): void {
    this.#chunks = []
    this.#byteLength = 0
    this.#block = new Uint8Array(0)
    this.#blockStart = 0
    this.#blockEnd = 0
  }

  #endChunk(): void {
    if (this.#blockStart === this.#blockEnd) return
    this.#chunks.push(this.#block.subarray(this.#blockStart, this.#blockEnd))
    this.#blockStart = this.#blockEnd
  }

  #nextBlock(): void {
    this.#endChunk()
    const byteLength = Math.min(MAX_BLOCK_BYTES, Math.max(FIRST_BLOCK_BYTES, 2 * this.#block.byteLength))
    this.#block = new Uint8Array(byteLength)
    this.#blockStart = 0
    this.#blockEnd = 0
  }
}
