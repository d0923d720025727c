import type { Platform } from '../platform.ts'

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

export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
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
