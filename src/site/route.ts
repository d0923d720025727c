import { fromLinkText, toLinkText } from './link-text.ts'

/**
 * The sections of the page. Their addresses differ only in the fragment, so that navigating doesn't reload
 * the page.
 */
export const PLACES = ['home', 'peer', 'inspector', 'folders', 'settings'] as const

export type Place = (typeof PLACES)[number]

/** What the page's address selects. */
export type Route =
  | { kind: 'place'; place: Place }
  /** Another peer's connect string, from a link or a QR code. */
  | { kind: 'meet'; connectString: string }

const MEET = '#/meet/'

/** Parses the fragment of an address, including its `#`. */
export function readRoute(hash: string): Route {
  const place = PLACES.find((name) => hash === hrefOf(name))
  if (place !== undefined) return { kind: 'place', place }
  if (hash === '' || hash === '#') return { kind: 'place', place: 'home' }
  // The chat's links have a connect string alone after the #.
  return {
    kind: 'meet',
    connectString: fromLinkText(hash.startsWith(MEET) ? hash.slice(MEET.length) : hash.slice(1)),
  }
}

/** Returns the fragment of a section's address. */
export function hrefOf(place: Place): string {
  return place === 'home' ? '#/' : `#/${place}`
}

/** Returns a link to this site that carries a connect string. */
export function meetLink(page: string, connectString: string): string {
  return new URL(MEET + toLinkText(connectString), page).href
}
