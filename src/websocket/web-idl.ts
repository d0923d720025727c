import type { Platform } from './platform.ts'
import { ITERATOR } from './sequence.ts'

/** ToString: a symbol throws TypeError, which `String()` would not. */
export function toDOMString(value: unknown): string {
  return `${value as string | number}`
}

/** A string in which every lone surrogate is U+FFFD (Web IDL, USVString). */
export function toUSVString(platform: Platform, value: unknown): string {
  return platform.decode(platform.encode(toDOMString(value)))
}

/** `[Clamp] unsigned short`: NaN is 0, the rest is brought into range and rounded, halves to the even side. */
export function toClampedUnsignedShort(value: unknown): number {
  // ToNumber: a bigint or a symbol throws TypeError, which `Number()` would not for a bigint.
  const number = (value as number) - 0
  if (!(number > 0)) return 0
  if (number >= 65_535) return 65_535
  const below = number - (number % 1)
  const fraction = number - below
  if (fraction < 0.5 || (fraction === 0.5 && below % 2 === 0)) return below
  return below + 1
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

/** What is wrong with protocols that are an object, and no sequence of strings: whichever of the steps of Web IDL fails. */
const NO_SEQUENCE = 'The protocols cannot be iterated over'

/**
 * `(DOMString or sequence<DOMString>)`, as the constructor's second argument has it: an object with an iterator is a
 * sequence, everything else one string; left out or undefined, an empty sequence.
 */
export function toProtocols(platform: Platform, value: unknown): string[] {
  if (value === undefined) return []
  if (!isObject(value)) return [toDOMString(value)]
  const method: unknown = (value as Partial<Iterable<unknown>>)[ITERATOR]
  if (method === undefined || method === null) return [toDOMString(value)]
  if (typeof method !== 'function') throw platform.typeError(NO_SEQUENCE)
  const iterator: unknown = platform.apply(method, value, [])
  if (!isObject(iterator)) throw platform.typeError(NO_SEQUENCE)
  const next: unknown = (iterator as Partial<Iterator<unknown>>).next
  const protocols: string[] = []
  for (;;) {
    if (typeof next !== 'function') throw platform.typeError(NO_SEQUENCE)
    const result: unknown = platform.apply(next, iterator, [])
    if (!isObject(result)) throw platform.typeError(NO_SEQUENCE)
    if ((result as IteratorResult<unknown>).done) return protocols
    // Not push: a page may have replaced it.
    protocols[protocols.length] = toDOMString((result as IteratorResult<unknown>).value)
  }
}

const SEPARATORS = '()<>@,;:\\"/[]?={}'

/** A token of RFC 2616, section 2.2, which is what a subprotocol has to be (RFC 6455, section 4.1). */
export function isToken(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? ''
    if (character <= ' ' || character > '~') return false
    for (let other = 0; other < SEPARATORS.length; other++) if (SEPARATORS[other] === character) return false
  }
  return text !== ''
}

/** The first entry that is no token, or that was there before; undefined if the browser would send them all. */
export function invalidProtocol(protocols: readonly string[]): string | undefined {
  for (let index = 0; index < protocols.length; index++) {
    const protocol = protocols[index] ?? ''
    if (!isToken(protocol)) return protocol
    for (let before = 0; before < index; before++) if (protocols[before] === protocol) return protocol
  }
  return undefined
}
