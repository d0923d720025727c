/**
 * One binary message that is joined from several that are sent together.
 *
 * It copies its input, as `send` must, and grows by doubling. Once it is more than half full it accepts
 * nothing more: adding a few bytes to a message that is almost full would cost another copy of it, which is
 * what joining saves.
 */
export class JoinedMessage {
  readonly #maxBytes: number
  #bytes: Uint8Array<ArrayBuffer>
  #size: number

  /** Starts with a copy of `first`, and accepts more up to `maxBytes` in total. */
  constructor(first: Uint8Array, maxBytes: number) {
    this.#maxBytes = maxBytes
    this.#bytes = first.slice()
    this.#size = first.byteLength
  }

  get size(): number {
    return this.#size
  }

  /** Appends a copy of `more`. Returns false, and appends nothing, if there is no room. */
  add(more: Uint8Array): boolean {
    const size = this.#size + more.byteLength
    if (2 * this.#size > this.#maxBytes || size > this.#maxBytes) return false
    if (size > this.#bytes.byteLength) {
      const grown = new Uint8Array(Math.max(size, Math.min(2 * this.#size, this.#maxBytes)))
      grown.set(this.#bytes.subarray(0, this.#size))
      this.#bytes = grown
    }
    this.#bytes.set(more, this.#size)
    this.#size = size
    return true
  }

  /** Returns the message. Nothing can be added afterwards. */
  take(): ArrayBuffer {
    const { buffer } = this.#bytes
    return buffer.byteLength === this.#size ? buffer : buffer.slice(0, this.#size)
  }
}
