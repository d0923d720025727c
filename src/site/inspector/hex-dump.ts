/** Bytes per line. */
const LINE_BYTES = 16

/**
 * Formats bytes as lines of offset, hexadecimal digits and ASCII text, with a dot for each unprintable byte.
 */
export function hexDump(bytes: Uint8Array, lineBytes = LINE_BYTES): string {
  const lines: string[] = []
  for (let start = 0; start < bytes.byteLength; start += lineBytes) {
    const line = [...bytes.subarray(start, start + lineBytes)]
    const hex = line.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const text = line.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${start.toString(16).padStart(4, '0')}  ${hex.padEnd(3 * lineBytes - 1)}  ${text}`)
  }
  return lines.join('\n')
}
