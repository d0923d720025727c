/** Bytes in one line of a dump. */
const LINE_BYTES = 16

/** Bytes as programmers read them: where, in hexadecimal, as text; what cannot be printed is a dot. */
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
