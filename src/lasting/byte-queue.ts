import { Uint8ArrayList } from 'uint8arraylist'

/** Chunks of fewer bytes are copied together. Each chunk costs about 200 bytes of its own. */
const SMALL_CHUNK_BYTES = 2048
/** Bytes of the block that small chunks are copied into. */
const BLOCK_BYTES = 16_384
/** A chunk is copied if it is less than this share of its buffer, which it would keep in memory. */
const MIN_SHARE_OF_BUFFER = 1 / 4
const EMPTY = new Uint8Array(0)

/**
 * Bytes in a row: added at the end, removed from the front, read in between. What it holds in memory is at
 * most four times its bytes and one block, however small the chunks are that came.
 */
export class ByteQueue {
  readonly #chunks: Uint8Array[] = []
  /** The block of the last chunk, while there is room in it. */
  #block: Uint8Array | undefined
  #blockBytes = 0
  /** Chunks before this one are gone. */
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
      // Its memory must not wait for the move.
      this.#chunks[this.#first] = EMPTY
      this.#first += 1
    }
    // Moving what is left costs as much as has been removed since the last time.
    if (this.#first * 2 > this.#chunks.length) {
      this.#chunks.splice(0, this.#first)
      this.#first = 0
    }
    if (this.#chunks.length === 0) this.#block = undefined
  }

  /** The bytes from `start` on, `byteLength` at most, as views. */
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

  /** The last chunk is a view of the block that grows, as long as bytes go into it. */
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
