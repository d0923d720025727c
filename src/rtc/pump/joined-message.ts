/**
 * One binary message that is put together from several which are sent in one go.
 *
 * It copies what it is given, as `send` must, and grows by doubling. Past half of its bound it takes nothing
 * more: to add a few bytes to a message that is all but full would cost another copy of it, which is what
 * joining saves.
 */
export class JoinedMessage {
  readonly #maxBytes: number
  #bytes: Uint8Array<ArrayBuffer>
  #size: number

  /** Begins with a copy of `first`; it takes more up to `maxBytes` in all. */
  constructor(first: Uint8Array, maxBytes: number) {
    this.#maxBytes = maxBytes
    this.#bytes = first.slice()
    this.#size = first.byteLength
  }

  get size(): number {
    return this.#size
  }

  /** Takes a copy of `more` behind what it has; false, and nothing is taken, if there is no room. */
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

  /** The message. Nothing can be added afterwards. */
  take(): ArrayBuffer {
    const { buffer } = this.#bytes
    return buffer.byteLength === this.#size ? buffer : buffer.slice(0, this.#size)
  }
}
