import { ProtocolError } from './protocol-error.ts'

const utf8 = new TextEncoder()
const MAX_U16 = 0xffff
const MAX_U64 = 0xffff_ffff_ffff_ffffn

/** An encoded field of a message. */
export type Field = Uint8Array

export function u8Field(value: number): Field {
  return Uint8Array.of(value)
}

export function booleanField(value: boolean): Field {
  return Uint8Array.of(value ? 1 : 0)
}

/** Encodes a u64. Throws {@link ProtocolError} `ERR_NOT_ENCODABLE` outside of 0 to 2^64 - 1. */
export function u64Field(value: bigint): Field {
  if (value < 0n || value > MAX_U64) {
    throw new ProtocolError('ERR_NOT_ENCODABLE', `connection ID ${value} is not an unsigned 64-bit integer`)
  }
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value)
  return bytes
}

/**
 * Encodes a `str`: a u16 length and the text. Throws {@link ProtocolError} `ERR_NOT_ENCODABLE` over 65,535
 * bytes.
 */
export function strField(text: string, field: string): Field {
  const encoded = utf8.encode(text)
  if (encoded.byteLength > MAX_U16) {
    throw new ProtocolError(
      'ERR_NOT_ENCODABLE',
      `${field} has ${encoded.byteLength} bytes, but the limit is ${MAX_U16}`,
    )
  }
  return concat([Uint8Array.of(encoded.byteLength >> 8, encoded.byteLength & 0xff), encoded])
}

export function restField(text: string): Field {
  return utf8.encode(text)
}

/** Like {@link restField}, but throws for an empty text, which the other side would reject. */
export function nonEmptyRestField(text: string, field: string): Field {
  if (text === '') throw new ProtocolError('ERR_NOT_ENCODABLE', `${field} is empty`)
  return restField(text)
}

/** Encodes a message into a new buffer. */
export function encodeFields(opcode: number, ...fields: Field[]): Uint8Array<ArrayBuffer> {
  return concat([Uint8Array.of(opcode), ...fields])
}

/** Encodes a message into `target`, which must have the length of the message. */
export function writeFields(
  target: Uint8Array<ArrayBuffer>,
  opcode: number,
  ...fields: Field[]
): Uint8Array<ArrayBuffer> {
  return concatInto(target, [Uint8Array.of(opcode), ...fields])
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return concatInto(new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0)), parts)
}

function concatInto(target: Uint8Array<ArrayBuffer>, parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let offset = 0
  for (const part of parts) {
    target.set(part, offset)
    offset += part.byteLength
  }
  return target
}
