import type { Part } from './messages.ts'

/**
 * Bytes of a receive window that each message uses besides its own: an estimate of the memory for its buffer
 * and its entry in a queue.
 */
export const PART_OVERHEAD_BYTES = 256

/** Bytes of the text in UTF-8. A lone surrogate counts as the U+FFFD that is sent instead. */
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

/** Returns false for the NaN that `charCodeAt` returns past the end. */
function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000
}

/** Bytes of one message as `bufferedAmount` counts them. */
export function byteLengthOf(part: Part): number {
  return typeof part === 'string' ? utf8Length(part) : part.byteLength
}

/** Bytes of the window that one received message uses. Both ends of a port must count the same. */
export function costOf(part: Part): number {
  return byteLengthOf(part) + PART_OVERHEAD_BYTES
}

/** Returns the buffers among the parts, for the transfer list. */
export function buffersOf(parts: readonly Part[]): ArrayBuffer[] {
  return parts.filter((part): part is ArrayBuffer => typeof part !== 'string')
}
