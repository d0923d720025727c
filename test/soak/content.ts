/** Numbers from a seed, the same on every machine: mulberry32. Each call returns one of 32 bits. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}

/** The size of one message of a transfer in bytes. */
export const MESSAGE_BYTES = 16_384

/** The messages of a transfer, of which the last may be short, all generated from its seed. */
export function* contentOf(seed: number, bytes: number): Generator<Uint8Array<ArrayBuffer>, void> {
  const next = randomNumbers(seed)
  for (let left = bytes; left > 0; left -= MESSAGE_BYTES) {
    const words = new Uint32Array(MESSAGE_BYTES / 4)
    for (let index = 0; index < words.length; index += 1) words[index] = next()
    yield new Uint8Array(words.buffer).subarray(0, Math.min(left, MESSAGE_BYTES))
  }
}
