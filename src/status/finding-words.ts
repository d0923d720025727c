import type { RelayStatus } from './status.ts'

const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'] as const

/** Spells out a number up to ten. Larger numbers are in digits. */
export function numberWord(count: number): string {
  return NUMBERS[count] ?? String(count)
}

/** A number with its noun: `one relay`, `three relays`, `12 relays`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${numberWord(count)} ${count === 1 ? one : many}`
}

/** Joins items into a list: `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  const last = items.at(-1) ?? ''
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`
}

/** Makes words a sentence, with a capital letter and a full stop. */
export function asSentence(words: string): string {
  const end = /[.!?…]$/u.test(words) ? '' : '.'
  return words.charAt(0).toUpperCase() + words.slice(1) + end
}

/** What the peer runs in, as its user would call it. */
export function placeOf({ host }: RelayStatus): 'this browser' | 'this program' {
  return host.kind === 'shared-worker' ? 'this browser' : 'this program'
}

/** Whether the peer runs in a browser. */
export function isBrowser({ host }: RelayStatus): boolean {
  return host.kind === 'shared-worker'
}
