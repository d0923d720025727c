import { createHash, timingSafeEqual } from 'node:crypto'

/** Which registrations of a namespace the owner of a cookie has seen, by their serials. */
export interface RendezvousCookie {
  /** The lowest and the highest that it has seen: all between them, and none outside. */
  low: number
  high: number
}

const EPOCH_BYTES = 8
/** What follows the epoch. */
const TEXT = /^(\d{1,16})-(\d{1,16})-([\da-f]{16})$/u

/**
 * Encodes a cookie. The specification leaves its bytes to the point, but rust-libp2p reads only cookies of
 * eight bytes and a text of up to 255.
 */
export function encodeCookie(
  epoch: Uint8Array,
  namespace: string,
  { low, high }: RendezvousCookie,
): Uint8Array {
  return Buffer.concat([epoch, Buffer.from(`${low}-${high}-${hashOf(namespace)}`)])
}

/** Decodes a cookie. Returns undefined unless it was made for this namespace in this epoch. */
export function decodeCookie(
  epoch: Uint8Array,
  namespace: string,
  cookie: Uint8Array,
): RendezvousCookie | undefined {
  const bytes = Buffer.from(cookie)
  if (bytes.byteLength < EPOCH_BYTES || !timingSafeEqual(bytes.subarray(0, EPOCH_BYTES), epoch))
    return undefined
  const [, low, high, hash] = TEXT.exec(bytes.subarray(EPOCH_BYTES).toString('latin1')) ?? []
  return hash === hashOf(namespace) ? { low: Number(low), high: Number(high) } : undefined
}

function hashOf(namespace: string): string {
  return createHash('sha256').update(namespace).digest('hex').slice(0, 16)
}
