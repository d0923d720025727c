import type { LinkState } from '../client/index.ts'

/** A page in a room. */
export interface Member<State = unknown> {
  /** Unique in the room: the peer's ID, a slash, and a random text that the page has chosen for this stay. */
  readonly id: string
  /** The ID of the page's peer. Pages of one browser share it. */
  readonly peer: string
  /** What the member has set as its `room.state`; undefined at first. */
  readonly state: State | undefined
  /**
   * How messages travel: `local` to a page of the same peer, `direct` to the other peer, `relayed` through a
   * circuit relay, or `interrupted` while the link is lost and both sides try to replace it. Undefined if
   * your relay doesn't tell, because it doesn't know the subprotocol.
   */
  readonly link: LinkState | undefined
}

/** Separates the two parts of a member's ID. */
const SEPARATOR = '/'

/** What a page calls itself: eleven characters of base64url. */
export const PAGE_PATTERN = /^[\w-]{11}$/u

/**
 * Returns a member's ID. It contains the peer's ID, which the link proves, so nobody can take another peer's.
 */
export function memberId(peer: string, page: string): string {
  return peer + SEPARATOR + page
}

/** Returns base64url without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes))
  return text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/u, '')
}

/** Returns this many random bytes. */
export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length))
}
