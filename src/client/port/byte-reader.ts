const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads bytes in order. Throws a RangeError or TypeError where they are not what they should be. */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get remaining(): number {
    return this.#bytes.byteLength - this.#offset
  }

  u8(): number {
    return this.#view.getUint8(this.#offset++)
  }

  varint(): number {
    let value = 0
    for (let factor = 1; factor <= 2 ** 28; factor *= 128) {
      const byte = this.u8()
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
    throw new RangeError('a number is too long')
  }

  /** Reads a number of things, each of which takes at least one byte. */
  count(): number {
    const count = this.varint()
    if (count > this.remaining) throw new RangeError('a count is larger than the message')
    return count
  }

  f64(): number {
    this.#offset += 8
    return this.#view.getFloat64(this.#offset - 8)
  }

  /** Reads bytes after their number, as a view of the message. */
  bytes(): Uint8Array {
    const length = this.count()
    this.#offset += length
    return this.#bytes.subarray(this.#offset - length, this.#offset)
  }

  text(): string {
    return utf8.decode(this.bytes())
  }
}
