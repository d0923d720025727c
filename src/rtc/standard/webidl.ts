import { isRecord, oneOf } from '../messages/guards.ts'

/*
 * The conversions of WebIDL that the interface needs: what a caller gives becomes plain data, or the
 * TypeError that the browser's own class would throw. Getters of the caller's objects run, as they do there.
 */

/** A dictionary: null and undefined are an empty one. */
export function dictionary(value: unknown, name: string): Record<string, unknown> {
  if (value === undefined || value === null) return {}
  if (!isRecord(value) && typeof value !== 'function') {
    throw new TypeError(`The provided value is not of type '${name}'.`)
  }
  return value as Record<string, unknown>
}

/** A member of an enumeration; undefined gives `fallback`. */
export function enumeration<const T extends string>(
  value: unknown,
  words: readonly T[],
  name: string,
  fallback: T,
): T {
  if (value === undefined) return fallback
  const word = domString(value)
  if (oneOf(words)(word)) return word
  throw new TypeError(`The provided value '${word}' is not a valid enum value of type ${name}.`)
}

/** An `[EnforceRange]` integer from 0 to `max`. */
export function integer(value: unknown, max: number, name: string): number {
  // It throws for a symbol and a bigint the TypeError that WebIDL wants; `Number` would take the latter.
  const number = Math.trunc(value as number)
  if (Number.isFinite(number) && number >= 0 && number <= max) return number + 0
  throw new TypeError(`The value of '${name}' is outside the range from 0 to ${max}.`)
}

/** An `unsigned short`: a number outside its range wraps around. */
export function unsignedShort(value: unknown): number {
  return (value as number) & 0xff_ff
}

/** A `long`: a number outside its range wraps around. */
export function long(value: unknown): number {
  return (value as number) | 0
}

/** An `unsigned long`: a number outside its range wraps around. */
export function unsignedLong(value: unknown): number {
  return (value as number) >>> 0
}

/** A DOMString, which every value but a symbol has. */
export function domString(value: unknown): string {
  if (typeof value === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string')
  return String(value)
}

/** A USVString: as {@link domString}, a lone surrogate replaced. */
export function usvString(value: unknown): string {
  return domString(value).replaceAll(/\p{Surrogate}/gu, '\u{FFFD}')
}

/** A `(DOMString or sequence<DOMString>)`, always as a list. */
export function stringOrSequence(value: unknown): string[] {
  return isRecord(value) && Symbol.iterator in value
    ? sequence(value, 'sequence').map(domString)
    : [domString(value)]
}

/** A sequence of anything iterable. */
export function sequence(value: unknown, name: string): unknown[] {
  if (isRecord(value) && Symbol.iterator in value) return Array.from(value as unknown as Iterable<unknown>)
  throw new TypeError(`The provided value for '${name}' cannot be converted to a sequence.`)
}
