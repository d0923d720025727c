import type { IceServer } from '../messages/messages.ts'
import { utf8Length } from '../messages/part-cost.ts'

/** An RTCIceServer after the conversions of Web IDL; `urls` is undefined if the caller passed none. */
export type GivenIceServer = Omit<IceServer, 'urls'> & { urls: string[] | undefined }

/**
 * How one browser checks the ICE servers of a configuration, in two steps: before and after its other checks.
 */
export interface IceChecks {
  /**
   * The first step. Throws what the browser throws; returns the servers as `getConfiguration` reports them.
   */
  parse(servers: readonly GivenIceServer[]): IceServer[]
  /**
   * The second step, after a new configuration has been compared with the present one. Throws what the
   * browser throws.
   */
  verify(servers: readonly IceServer[]): void
  /** Certificates that one connection accepts. */
  maxCertificates: number
}

/** The longest username of a TURN message, in bytes (RFC 8489, section 14.3). */
export const MAX_TURN_USERNAME_BYTES = 509

export const TURN = /^turns?:/iu

/** Returns the parsed URL; undefined if it is invalid. */
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
 * Returns the URLs of a server. Throws TypeError if there is no such member, and SyntaxError if it is empty.
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
