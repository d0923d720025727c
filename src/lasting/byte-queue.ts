import { Uint8ArrayList } from 'uint8arraylist'

/**
 * Chunks smaller than this are copied into a shared block, because each chunk has an overhead of about 200
 * bytes.
 */
const SMALL_CHUNK_BYTES = 2048
/** Size of the block that small chunks are copied into, in bytes. */
const BLOCK_BYTES = 16_384
/**
 * A chunk smaller than this fraction of its buffer is copied; otherwise it would keep the whole buffer in
 * memory.
 */
const MIN_SHARE_OF_BUFFER = 1 / 4
const EMPTY = new Uint8Array(0)

/**
 * A queue of bytes: append at the end, remove from the front, and read any range. It uses at most four times
 * as much memory as the bytes it holds, plus one block, however small the appended chunks are.
 */
export class ByteQueue {
  readonly #chunks: Uint8Array[] = []
  /** The block that the last chunk is in, while it has free space. */
  #block: Uint8Array | undefined
  #blockBytes = 0
  /** Index of the first chunk that hasn't been consumed. */
  #first = 0
  #byteLength = 0

  get byteLength(): number {
    return this.#byteLength
  }

  append(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return
    this.#byteLength += bytes.byteLength
    const isSmall = bytes.byteLength < SMALL_CHUNK_BYTES
    if (!isSmall && bytes.byteLength >= bytes.buffer.byteLength * MIN_SHARE_OF_BUFFER) {
      this.#block = undefined
      this.#chunks.push(bytes)
      return
    }
    if (!isSmall) {
      this.#block = undefined
      this.#chunks.push(bytes.slice())
      return
    }
    this.#copyIntoBlock(bytes)
  }

  /** Removes bytes from the front. */
  consume(byteLength: number): void {
    let left = Math.min(byteLength, this.#byteLength)
    this.#byteLength -= left
    while (left > 0) {
      const chunk = this.#chunks[this.#first]
      if (chunk === undefined) return
      if (chunk.byteLength > left) {
        this.#chunks[this.#first] = chunk.subarray(left)
        break
      }
      left -= chunk.byteLength
      // Free its memory now; the array is compacted later.
      this.#chunks[this.#first] = EMPTY
      this.#first += 1
    }
    // More than half of the array has been consumed, so compacting it takes amortized constant time.
    if (this.#first * 2 > this.#chunks.length) {
      this.#chunks.splice(0, this.#first)
      this.#first = 0
    }
    if (this.#chunks.length === 0) this.#block = undefined
  }

  /** Returns up to `byteLength` bytes from `start` on, as views. */
  slice(start: number, byteLength: number): Uint8ArrayList {
    const list = new Uint8ArrayList()
    let skip = start
    let left = byteLength
    for (let index = this.#first; index < this.#chunks.length && left > 0; index += 1) {
      const chunk = this.#chunks[index]
      if (chunk === undefined) break
      if (skip >= chunk.byteLength) {
        skip -= chunk.byteLength
        continue
      }
      const part = chunk.subarray(skip, skip + left)
      skip = 0
      left -= part.byteLength
      list.append(part)
    }
    return list
  }

  clear(): void {
    this.#chunks.length = 0
    this.#first = 0
    this.#byteLength = 0
    this.#block = undefined
  }

  /** Copies small chunks into the block. The last chunk is a view of it and grows until the block is full. */
  #copyIntoBlock(bytes: Uint8Array): void {
    if (this.#block === undefined || this.#blockBytes + bytes.byteLength > BLOCK_BYTES) {
      this.#block = new Uint8Array(BLOCK_BYTES)
      this.#blockBytes = 0
      this.#chunks.push(this.#block.subarray(0, 0))
    }
    this.#block.set(bytes, this.#blockBytes)
    this.#blockBytes += bytes.byteLength
    const last = this.#chunks.length - 1
    const start = this.#chunks[last]?.byteOffset ?? 0
    this.#chunks[last] = this.#block.subarray(start - this.#block.byteOffset, this.#blockBytes)
  }
}
