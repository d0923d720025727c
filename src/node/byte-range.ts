/**
 * The one range of bytes that a Range header asks for, written so that both ends are there: `bytes=0-99`.
 *
 * Undefined where the whole file is to be sent, as RFC 9110 allows for any Range: several ranges, another unit, a range
 * that cannot be read. One that starts behind the end is given back as it is, for a 416.
 */
export function singleRange(header: string, sizeBytes: number): string | undefined {
  const groups = /^bytes=(?<first>\d*)-(?<last>\d*)$/iu.exec(header.trim())?.groups
  if (groups === undefined) return undefined
  const first = groups['first'] ?? ''
  const last = groups['last'] ?? ''
  if (first === '') {
    // `-n` is the last n bytes.
    const length = Number(last)
    return last === '' || length === 0 || sizeBytes === 0
      ? undefined
      : `bytes=${Math.max(0, sizeBytes - length)}-${sizeBytes - 1}`
  }
  const start = Number(first)
  const end = last === '' ? Math.max(start, sizeBytes - 1) : Number(last)
  if (!Number.isSafeInteger(start) || end < start) return undefined
  return `bytes=${start}-${Math.min(end, Math.max(start, sizeBytes - 1))}`
}
