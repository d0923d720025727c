import type { Platform } from './platform.ts'

/*
 * The Web IDL conversions of a WebSocket's arguments. They are separate from those in
 * `rtc/standard/webidl.ts` because they run in pages, which may have replaced every global function: only
 * operators and the captured platform are used.
 */

/** Converts to a DOMString. A symbol throws TypeError, which `String()` would not do. */
export function toDOMString(value: unknown): string {
  return `${value as string | number}`
}

/** Converts to a USVString: lone surrogates become U+FFFD. */
export function toUSVString(platform: Platform, value: unknown): string {
  return platform.decode(platform.encode(toDOMString(value)))
}

/**
 * Converts to `[Clamp] unsigned short`: NaN becomes 0; other numbers are clamped to the range and rounded,
 * halves to even.
 */
export function toClampedUnsignedShort(value: unknown): number {
  // A bigint or a symbol throws TypeError. `Number()` would accept a bigint.
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

/** Whether the text is a token (RFC 2616, section 2.2), as a subprotocol must be (RFC 6455, section 4.1). */
export function isToken(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? ''
    if (character <= ' ' || character > '~') return false
    for (let other = 0; other < SEPARATORS.length; other++) if (SEPARATORS[other] === character) return false
  }
  return text !== ''
}

/** Returns the first entry that isn't a token or is a duplicate; undefined if all are valid. */
export function invalidProtocol(protocols: readonly string[]): string | undefined {
  for (let index = 0; index < protocols.length; index++) {
    const protocol = protocols[index] ?? ''
    if (!isToken(protocol)) return protocol
    for (let before = 0; before < index; before++) if (protocols[before] === protocol) return protocol
  }
  return undefined
}
