/** A range of bytes, from `start` up to but not including `end`. */
export interface ByteRange {
  start: number
  end: number
}

/**
 * Parses a Range header for a file of `sizeBytes` bytes.
 *
 * @returns `whole` for a missing or invalid header, several ranges or another unit, which RFC 9110 allows to
 * be ignored; `unsatisfiable` if the answer must be 416
 */
export function readRange(header: string | null, sizeBytes: number): ByteRange | 'whole' | 'unsatisfiable' {
  const groups = /^bytes=(?<first>\d*)-(?<last>\d*)$/iu.exec(header?.trim() ?? '')?.groups
  if (groups === undefined) return 'whole'
  const first = groups['first'] ?? ''
  const last = groups['last'] ?? ''
  if (first === '') {
    if (last === '') return 'whole'
    // `-n` means the last n bytes.
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
