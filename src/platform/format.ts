const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

/** Formats a number of bytes: `0 B`, `1.2 kB`, `34 MB`. A kB is 1,000 bytes. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  // 999.5 kB would be rounded to 1000 kB.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  const digits = unit === 0 || value >= 9.95 ? 0 : 1
  return `${value.toFixed(digits)} ${UNITS[unit] ?? ''}`
}

/**
 * Formats a duration in its largest unit and the next smaller one: `42 s`, `3 min 5 s`, `2 h 10 min`, `3
 * days`.
 */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} days`
}

/** Formats a count with its noun, in the singular for one: `1 file`, `2,000 files`. */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}
