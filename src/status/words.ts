import type { RelayStatus } from './status.ts'

const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'] as const

/** A number in words up to ten, in digits beyond. */
export function numberWord(count: number): string {
  return NUMBERS[count] ?? String(count)
}

/** A number with what is counted: `one relay`, `3 relays`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${numberWord(count)} ${count === 1 ? one : many}`
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  const last = items.at(-1) ?? ''
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`
}

/** With a capital letter, and with an end. */
export function asSentence(words: string): string {
  const end = /[.!?…]$/u.test(words) ? '' : '.'
  return words.charAt(0).toUpperCase() + words.slice(1) + end
}

/** A length of time: `40 s`, `3 min`, `2 h`, `3 days`. */
export function lasting(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes} min`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`
}

/** A number of bytes: `900 B`, `12 kB`, `3 MB`. A kB is 1,000 bytes. */
export function sizeOf(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${Math.round(bytes / 1_000_000)} MB`
}

/** What the peer runs in, as its user would point at it. */
export function placeOf({ host }: RelayStatus): 'this browser' | 'this program' {
  return host.kind === 'shared-worker' ? 'this browser' : 'this program'
}

/** The same as what others see: a browser's peer, or a program's. */
export function isBrowser({ host }: RelayStatus): boolean {
  return host.kind === 'shared-worker'
}
