import { quote } from './protocol-error.ts'

/** Bytes of UTF-8 in a protocol's name: what multistream-select can negotiate, with room for its own framing. */
export const MAX_PROTOCOL_BYTES = 1000

/**
 * Why no peer could ever reach a protocol of this name, whichever side opens the stream; undefined for a good name. The same
 * rule holds for Listen and Connect: multistream-select ends a name at its line feed and ignores white space before that.
 */
export function invalidProtocolName(protocol: string): string | undefined {
  const bytes = new TextEncoder().encode(protocol).byteLength
  if (bytes > MAX_PROTOCOL_BYTES) return `PROTOCOL has ${bytes} bytes, and ${MAX_PROTOCOL_BYTES} is the most`
  if (!protocol.startsWith('/')) return `PROTOCOL ${quote(protocol)} does not start with /`
  if (protocol.includes('\n')) return `PROTOCOL ${quote(protocol)} contains a line feed`
  if (protocol.trimEnd() !== protocol) return `PROTOCOL ${quote(protocol)} ends in white space`
  return undefined
}
