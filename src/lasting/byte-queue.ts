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
 * A queue of bytes: append at the end, read from a position that moves on, and remove from the front. It uses
 * at most four times as much memory as the bytes it holds, plus one block, however small the appended chunks
 * are.
 */
export class ByteQueue {
  readonly #chunks: Uint8Array[] = []
  /** The block that the last chunk is in, while it has free space. */
  #block: Uint8Array | undefined
  #blockBytes = 0
  /** Index of the first chunk that hasn't been consumed. */
  #first = 0
  /** The chunk that {@link ByteQueue.read} continues in, and how many of its bytes have been read. */
  #current = 0
  #readBytes = 0
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

  /** Removes bytes from the front, read or not. */
  consume(byteLength: number): void {
    let left = Math.min(byteLength, this.#byteLength)
    this.#byteLength -= left
    while (left > 0) {
      const chunk = this.#chunks[this.#first]
      if (chunk === undefined) return
      if (chunk.byteLength > left) {
        this.#chunks[this.#first] = chunk.subarray(left)
        if (this.#current === this.#first) this.#readBytes = Math.max(0, this.#readBytes - left)
        break
      }
      left -= chunk.byteLength
      // Free its memory now; the array is compacted later.
      this.#chunks[this.#first] = EMPTY
      this.#first += 1
    }
    if (this.#current < this.#first) this.rewind()
    // More than half of the array has been consumed, so compacting it takes amortized constant time.
    if (this.#first * 2 > this.#chunks.length) {
      this.#chunks.splice(0, this.#first)
      this.#current -= this.#first
      this.#first = 0
    }
    if (this.#chunks.length === 0) this.#block = undefined
  }

  /** Returns the next bytes, at most `maxBytes`, as views. They stay in the queue until they are consumed. */
  read(maxBytes: number): Uint8ArrayList {
    const list = new Uint8ArrayList()
    let left = maxBytes
    while (left > 0) {
      const chunk = this.#chunks[this.#current]
      if (chunk === undefined) break
      if (this.#readBytes === chunk.byteLength) {
        // The last chunk may still grow.
        if (this.#current === this.#chunks.length - 1) break
        this.#current += 1
        this.#readBytes = 0
        continue
      }
      const isWhole = this.#readBytes === 0 && chunk.byteLength <= left
      const part = isWhole ? chunk : chunk.subarray(this.#readBytes, this.#readBytes + left)
      this.#readBytes += part.byteLength
      left -= part.byteLength
      list.append(part)
    }
    return list
  }

  /** Makes {@link ByteQueue.read} start again from the front. */
  rewind(): void {
    this.#current = this.#first
    this.#readBytes = 0
  }

  clear(): void {
    this.#chunks.length = 0
    this.#first = 0
    this.#byteLength = 0
    this.#block = undefined
    this.rewind()
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
