import { isRecord, oneOf } from '../messages/guards.ts'

/*
 * The Web IDL conversions of WebRTC's arguments: they return plain data, or throw the TypeError of the
 * browser's own class. Getters of the caller's objects run, as they do there. `websocket/page/web-idl.ts` has
 * its own, because pages may have replaced the functions that are used here.
 */

/** Converts to a dictionary; null and undefined become an empty one. */
export function dictionary(value: unknown, name: string): Record<string, unknown> {
  if (value === undefined || value === null) return {}
  if (!isRecord(value) && typeof value !== 'function') {
    throw new TypeError(`The provided value is not of type '${name}'.`)
  }
  return value as Record<string, unknown>
}

/** Converts to a value of an enumeration; undefined becomes `fallback`. */
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

/** Converts to an `[EnforceRange]` integer from 0 to `max`. */
export function integer(value: unknown, max: number, name: string): number {
  // A symbol or a bigint throws TypeError, as Web IDL requires. `Number()` would accept a bigint.
  const number = Math.trunc(value as number)
  if (Number.isFinite(number) && number >= 0 && number <= max) return number + 0
  throw new TypeError(`The value of '${name}' is outside the range from 0 to ${max}.`)
}

/** Converts to an `unsigned short`; numbers out of range wrap around. */
export function unsignedShort(value: unknown): number {
  return (value as number) & 0xff_ff
}

/** Converts to a `long`; numbers out of range wrap around. */
export function long(value: unknown): number {
  return (value as number) | 0
}

/** Converts to an `unsigned long`; numbers out of range wrap around. */
export function unsignedLong(value: unknown): number {
  return (value as number) >>> 0
}

/** Converts to a DOMString. Throws TypeError for a symbol. */
export function domString(value: unknown): string {
  if (typeof value === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string')
  return String(value)
}

/** Converts to a USVString: lone surrogates become U+FFFD. */
export function usvString(value: unknown): string {
  return domString(value).replaceAll(/\p{Surrogate}/gu, '\u{FFFD}')
}

/** Converts `(DOMString or sequence<DOMString>)` to a list. */
export function stringOrSequence(value: unknown): string[] {
  return isRecord(value) && Symbol.iterator in value
    ? sequence(value, 'sequence').map(domString)
    : [domString(value)]
}

/** Converts anything iterable to a list. */
export function sequence(value: unknown, name: string): unknown[] {
  if (isRecord(value) && Symbol.iterator in value) return Array.from(value as unknown as Iterable<unknown>)
  throw new TypeError(`The provided value for '${name}' cannot be converted to a sequence.`)
}
