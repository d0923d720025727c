import type { IceServer } from '../messages/messages.ts'
import { utf8Length } from '../messages/part-cost.ts'

/** An RTCIceServer after the conversions of WebIDL; `urls` is undefined where the caller gave none. */
export type GivenIceServer = Omit<IceServer, 'urls'> & { urls: string[] | undefined }

/**
 * How one browser checks the ICE servers of a configuration. The two steps stand on either side of its other
 * checks.
 */
export interface IceChecks {
  /** Throws what the browser throws first; returns the servers as it reports them. */
  parse(servers: readonly GivenIceServer[]): IceServer[]
  /** Throws what the browser throws after it has compared a new configuration with the present one. */
  verify(servers: readonly IceServer[]): void
  /** Certificates that one connection takes. */
  maxCertificates: number
}

/** Bytes of the longest username that a TURN message can hold (RFC 8489, section 14.3). */
export const MAX_TURN_USERNAME_BYTES = 509

export const TURN = /^turns?:/iu

/** The parsed URL, or undefined if it is invalid. */
export function parsedUrl(url: string): URL | undefined {
  try {
    return new URL(url)
  } catch {
    return undefined
  }
}

export function invalidUrl(url: string): DOMException {
  return new DOMException(`'${url}' is not a valid stun or turn URL.`, 'SyntaxError')
}

/**
 * The URLs of a server; throws TypeError where there is no such member, and SyntaxError where it is empty.
 */
export function urlsOf({ urls }: GivenIceServer): string[] {
  if (urls === undefined) throw new TypeError('Malformed RTCIceServer: it has no urls.')
  if (urls.length === 0) throw new DOMException('An ICE server needs at least one URL.', 'SyntaxError')
  return urls
}

/** Throws InvalidAccessError for a TURN server without a username or a credential. */
export function requireCredentials({ username, credential }: GivenIceServer): void {
  if (username !== undefined && credential !== undefined) return
  const message = 'Both username and credential are required when the URL scheme is "turn" or "turns".'
  throw new DOMException(message, 'InvalidAccessError')
}

/** Throws InvalidAccessError for a TURN username that is too long. */
export function requireShortUsername(username: string | undefined): void {
  if (username === undefined || utf8Length(username) <= MAX_TURN_USERNAME_BYTES) return
  const message = `A TURN username has at most ${MAX_TURN_USERNAME_BYTES} bytes.`
  throw new DOMException(message, 'InvalidAccessError')
}
