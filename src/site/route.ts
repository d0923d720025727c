import { fromLinkText, toLinkText } from './link-text.ts'

/** The parts of the page, each with a place in its address behind the `#`, so that going there does not end the peer. */
export const PLACES = ['peer', 'inspector', 'folders', 'settings'] as const

export type Place = (typeof PLACES)[number]

/** What the page's address asks for. */
export type Route =
  | { kind: 'place'; place: Place }
  /** Somebody else's connect string, which a link or a code brought here. */
  | { kind: 'meet'; connectString: string }

const MEET = '#/meet/'

/** Reads the fragment of an address, with its `#`. */
export function readRoute(hash: string): Route {
  const place = PLACES.find((name) => hash === hrefOf(name))
  if (place !== undefined) return { kind: 'place', place }
  if (hash === '' || hash === '#') return { kind: 'place', place: 'peer' }
  // A lone connect string behind the # is one too: that is what the chat's links look like.
  return {
    kind: 'meet',
    connectString: fromLinkText(hash.startsWith(MEET) ? hash.slice(MEET.length) : hash.slice(1)),
  }
}

/** The fragment of a place. */
export function hrefOf(place: Place): string {
  return place === 'peer' ? '#/' : `#/${place}`
}

/** A link to this site that carries a connect string. */
export function meetLink(page: string, connectString: string): string {
  return new URL(MEET + toLinkText(connectString), page).href
}
