const utf8 = new TextEncoder()
const FIRST_BYTES = 256

/** Collects bytes in one buffer that grows. */
export class ByteWriter {
  #bytes = new Uint8Array(FIRST_BYTES)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  /** What was written. It becomes invalid with the next write. */
  get written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length)
  }

  u8(value: number): void {
    this.#grow(1)
    this.#bytes[this.#length++] = value
  }

  /** Writes an unsigned integer below 2^32 with seven bits in each byte, the lowest first. */
  varint(value: number): void {
    let rest = value
    while (rest > 127) {
      this.u8((rest % 128) | 128)
      rest = Math.floor(rest / 128)
    }
    this.u8(rest)
  }

  f64(value: number): void {
    this.#grow(8)
    this.#view.setFloat64(this.#length, value)
    this.#length += 8
  }

  /** Writes bytes after their number. */
  bytes(value: Uint8Array): void {
    this.varint(value.byteLength)
    this.#grow(value.byteLength)
    this.#bytes.set(value, this.#length)
    this.#length += value.byteLength
  }

  text(value: string): void {
    this.bytes(utf8.encode(value))
  }

  #grow(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.byteLength) return
    const grown = new Uint8Array(Math.max(2 * this.#bytes.byteLength, this.#length + bytes))
    grown.set(this.written)
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}
