/** Bytes of a file, from `start` up to and without `end`. */
export interface ByteRange {
  start: number
  end: number
}

/**
 * Reads a Range header for a file of this size.
 *
 * @returns `whole` where the header asks for several ranges, in another unit, or cannot be read, all of which RFC 9110 lets be
 * ignored; `unsatisfiable` for a 416
 */
export function readRange(header: string | null, sizeBytes: number): ByteRange | 'whole' | 'unsatisfiable' {
  const groups = /^bytes=(?<first>\d*)-(?<last>\d*)$/iu.exec(header?.trim() ?? '')?.groups
  if (groups === undefined) return 'whole'
  const first = groups['first'] ?? ''
  const last = groups['last'] ?? ''
  if (first === '') {
    if (last === '') return 'whole'
    // `-n` is the last n bytes.
    const length = Number(last)
    return length === 0 || sizeBytes === 0
      ? 'unsatisfiable'
      : { start: Math.max(0, sizeBytes - length), end: sizeBytes }
  }
  const start = Number(first)
  const end = last === '' ? sizeBytes : Math.min(sizeBytes, Number(last) + 1)
  if (last !== '' && Number(last) < start) return 'whole'
  return start >= sizeBytes ? 'unsatisfiable' : { start, end }
}
