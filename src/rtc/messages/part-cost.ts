import type { Part } from './messages.ts'

/**
 * What a message costs of a receive window besides its bytes: what its buffer and its place in a queue take
 * in memory.
 */
export const PART_OVERHEAD_BYTES = 256

/** The length of `text` in UTF-8, a lone surrogate counted as the U+FFFD that is sent in its place. */
export function utf8Length(text: string): number {
  let bytes = 0
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    if (unit < 0x80) bytes += 1
    else if (unit < 0x800) bytes += 2
    else if (isHigh(unit) && isLow(text.charCodeAt(index + 1))) {
      bytes += 4
      index += 1
    } else bytes += 3
  }
  return bytes
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00
}

/** False for the NaN that `charCodeAt` gives behind the end. */
function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000
}

/** The bytes of one message as `bufferedAmount` counts them. */
export function byteLengthOf(part: Part): number {
  return typeof part === 'string' ? utf8Length(part) : part.byteLength
}

/** What one received message takes of the window, in bytes; both ends of a port count it with this. */
export function costOf(part: Part): number {
  return byteLengthOf(part) + PART_OVERHEAD_BYTES
}

/** The buffers among `parts`: what is transferred with them. */
export function buffersOf(parts: readonly Part[]): ArrayBuffer[] {
  return parts.filter((part): part is ArrayBuffer => typeof part !== 'string')
}
