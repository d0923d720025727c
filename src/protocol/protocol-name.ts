import { quote } from './protocol-error.ts'

/**
 * Longest protocol name in bytes of UTF-8, so that multistream-select can negotiate it with its own framing.
 */
export const MAX_PROTOCOL_BYTES = 1000

/**
 * Returns why a protocol name is invalid for Listen and Connect; undefined if it is valid. Peers could not
 * negotiate an invalid name, because multistream-select ends a name at a line feed and ignores white space
 * before it.
 */
export function invalidProtocolName(protocol: string): string | undefined {
  const bytes = new TextEncoder().encode(protocol).byteLength
  if (bytes > MAX_PROTOCOL_BYTES) return `PROTOCOL has ${bytes} bytes, but the limit is ${MAX_PROTOCOL_BYTES}`
  if (!protocol.startsWith('/')) return `PROTOCOL ${quote(protocol)} does not start with /`
  if (protocol.includes('\n')) return `PROTOCOL ${quote(protocol)} contains a line feed`
  if (protocol.trimEnd() !== protocol) return `PROTOCOL ${quote(protocol)} ends in white space`
  return undefined
}
