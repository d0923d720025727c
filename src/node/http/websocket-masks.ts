/*
 * What `ws` calls to mask and unmask messages, instead of its own loops over single bytes. Before Node 26.12,
 * which has these functions in `node:http`, `ws` looks for them in the native package `bufferutil`; the
 * bundle has this module in its place, so that nothing native has to be installed. Browsers mask every byte
 * that they send.
 */

const WORD_BYTES = 4
/** Below this length, a loop over bytes is faster. */
const MIN_BYTES = 512

/** Applies the mask of four bytes to the bytes in `buffer`, as RFC 6455 (5.3) says. */
export function unmask(buffer: Uint8Array, mask: Uint8Array): void {
  const { length } = buffer
  if (length < MIN_BYTES) {
    unmaskBytes(buffer, mask, 0, length)
    return
  }
  const start = -buffer.byteOffset & (WORD_BYTES - 1)
  const words = new Int32Array(buffer.buffer, buffer.byteOffset + start, (length - start) >> 2)
  const end = start + words.byteLength
  unmaskBytes(buffer, mask, 0, start)
  const turned = Uint8Array.from({ length: WORD_BYTES }, (_, index) => mask[(start + index) & 3] ?? 0)
  const word = new Int32Array(turned.buffer)[0] ?? 0
  for (let index = 0; index < words.length; index++) words[index] = (words[index] ?? 0) ^ word
  unmaskBytes(buffer, mask, end, length)
}

/** Copies `length` bytes from the start of `source` to `offset` in `output`, and applies the mask to them. */
export function mask(
  source: Uint8Array,
  maskBytes: Uint8Array,
  output: Uint8Array,
  offset: number,
  length: number,
): void {
  const target = output.subarray(offset, offset + length)
  target.set(source.subarray(0, length))
  unmask(target, maskBytes)
}

function unmaskBytes(buffer: Uint8Array, mask: Uint8Array, start: number, end: number): void {
  for (let index = start; index < end; index++) buffer[index] = (buffer[index] ?? 0) ^ (mask[index & 3] ?? 0)
}
