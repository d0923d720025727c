import { ProtocolError } from './protocol-error.ts'

/*
 * Ascii85 as in Go's `encoding/ascii85`: groups of four bytes become five characters from `!` to `u`, or `z`
 * for four zero bytes. A last group of n bytes becomes n + 1 characters. There is no `<~ ~>` around it.
 */
const FIRST = 0x21 // '!'
const LAST = 0x75 // 'u'
const ZERO_GROUP = 0x7a // 'z'
const SPACE = 0x20
const POWERS = [85 ** 4, 85 ** 3, 85 ** 2, 85, 1] as const

/** Encodes bytes as ascii85. */
export function encodeAscii85(bytes: Uint8Array): string {
  let text = ''
  for (let offset = 0; offset < bytes.byteLength; offset += 4) {
    const group = bytes.subarray(offset, offset + 4)
    const [a = 0, b = 0, c = 0, d = 0] = group
    const value = a * 0x100_0000 + b * 0x1_0000 + c * 0x100 + d
    if (value === 0 && group.byteLength === 4) {
      text += 'z'
      continue
    }
    for (const power of POWERS.slice(0, group.byteLength + 1)) {
      text += String.fromCharCode(FIRST + (Math.floor(value / power) % 85))
    }
  }
  return text
}

/**
 * Decodes ascii85. White space and control characters are ignored, as in Go.
 *
 * Throws {@link ProtocolError} `ERR_INVALID_ASCII85`, naming the character and its position, for any other
 * character, a `z` inside a group, a group above 2^32 - 1, or a last group of one character.
 */
export function decodeAscii85(text: string): Uint8Array<ArrayBuffer> {
  const bytes: number[] = []
  let value = 0
  let digits = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code <= SPACE) continue
    if (code === ZERO_GROUP && digits === 0) {
      bytes.push(0, 0, 0, 0)
      continue
    }
    if (code < FIRST || code > LAST)
      throw invalid(`${JSON.stringify(text[index])} at ${index} is not ascii85`)
    value += (code - FIRST) * (POWERS[digits] ?? 0)
    digits += 1
    if (digits === 5) {
      pushGroup(bytes, value, 4, index)
      value = 0
      digits = 0
    }
  }
  if (digits === 1) throw invalid('its last group has only one character, so some are missing')
  if (digits > 1) {
    for (const power of POWERS.slice(digits)) value += 84 * power
    pushGroup(bytes, value, digits - 1, text.length - 1)
  }
  return Uint8Array.from(bytes)
}

function pushGroup(bytes: number[], value: number, count: number, index: number): void {
  if (value > 0xffff_ffff) throw invalid(`the group that ends at ${index} is too large`)
  for (let shift = 0; shift < count; shift++) bytes.push(Math.floor(value / 0x100 ** (3 - shift)) & 0xff)
}

function invalid(what: string): ProtocolError {
  return new ProtocolError('ERR_INVALID_ASCII85', what)
}
