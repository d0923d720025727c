import { ProtocolError } from './protocol-error.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads the fields of one message in order. Integers are big-endian, and text is UTF-8. If the bytes are
 * invalid, each read throws {@link ProtocolError} `ERR_MALFORMED_MESSAGE`, naming the message and the field.
 */
export class Reader {
  readonly #bytes: Uint8Array
  readonly #message: string
  #offset: number

  /**
   * @param bytes the whole message; reading starts after the opcode
   * @param message the name of the message in errors
   */
  constructor(bytes: Uint8Array, message: string) {
    this.#bytes = bytes
    this.#message = message
    this.#offset = 1
  }

  get remaining(): number {
    return this.#bytes.byteLength - this.#offset
  }

  boolean(field: string): boolean {
    const value = this.u8(field)
    if (value !== 0 && value !== 1) throw this.malformed(`${field} is ${value}, not 0 or 1`)
    return value === 1
  }

  u8(field: string): number {
    return this.#take(1, field)[0] ?? 0
  }

  u16(field: string): number {
    const [high = 0, low = 0] = this.#take(2, field)
    return (high << 8) | low
  }

  u64(field: string): bigint {
    const bytes = this.#take(8, field)
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0)
  }

  /** Reads a `str`: a u16 byte length, then that many bytes of UTF-8. */
  str(field: string): string {
    return this.#text(this.#take(this.u16(`the length of ${field}`), field), field)
  }

  /** Returns the rest of the message as a view, not a copy. */
  restBytes(): Uint8Array {
    return this.#take(this.remaining, 'the rest')
  }

  rest(field: string): string {
    return this.#text(this.restBytes(), field)
  }

  /** Like {@link rest}, but the field must not be empty. */
  nonEmptyRest(field: string): string {
    if (this.remaining === 0) throw this.malformed(`${field} is missing`)
    return this.rest(field)
  }

  end(): void {
    if (this.remaining > 0) throw this.malformed(`${this.remaining} bytes follow its last field`)
  }

  malformed(what: string): ProtocolError {
    return new ProtocolError('ERR_MALFORMED_MESSAGE', `malformed ${this.#message} message: ${what}`)
  }

  #take(byteLength: number, field: string): Uint8Array {
    if (byteLength > this.remaining) {
      throw this.malformed(`${field} needs ${byteLength} bytes, but only ${this.remaining} are left`)
    }
    this.#offset += byteLength
    return this.#bytes.subarray(this.#offset - byteLength, this.#offset)
  }

  #text(bytes: Uint8Array, field: string): string {
    try {
      return utf8.decode(bytes)
    } catch {
      throw this.malformed(`${field} is not UTF-8`)
    }
  }
}

export function unknownOpcode(opcode: number): ProtocolError {
  return new ProtocolError('ERR_UNKNOWN_OPCODE', `unknown opcode ${opcode}`)
}
