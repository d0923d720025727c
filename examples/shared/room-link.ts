import type { Invitation } from '../../src/room/index.ts'
import { decodeInvitation, encodeInvitation } from '../../src/room/index.ts'
import { fromLinkText, toLinkText } from '../../src/site/link-text.ts'

/** An invitation to a room, and the name of who invites, which may be empty. */
export interface RoomLink extends Invitation {
  from: string
}

/** What an address or a pasted text leads to. */
export type Pasted = RoomLink | { connectString: string }

/** The prefix of a fragment with characters that a messenger could take for the end of the link. */
const MARK = 'r='
/** Separates the invitation from the name of who invites. An encoded invitation doesn't contain it. */
const SEPARATOR = '/'
/** Fragments that need no encoding: words of letters and digits with hyphens, and a plain name. */
const PLAIN = /^[a-z\d]{1,40}(?:-[a-z\d]{1,40}){0,7}(?:\/[A-Za-z\d]{1,40})?$/u

/** Returns a link to a page with an invitation in its fragment. */
export function createRoomLink(page: string, link: RoomLink): string {
  const text = encodeInvitation(link) + (link.from === '' ? '' : SEPARATOR + link.from)
  const url = new URL(page)
  url.hash = PLAIN.test(text) ? text : toLinkText(text, MARK)
  return url.href
}

/** Reads the fragment of a link, with or without its `#`. Throws an Error for the user if it is damaged. */
export function readFragment(fragment: string): Pasted {
  const encoded = fragment.replace(/^#/u, '')
  const isRoom = encoded.startsWith(MARK) || PLAIN.test(encoded)
  const text = fromLinkText(encoded, isRoom ? MARK : undefined)
  if (!isRoom) return { connectString: text }
  const [invitation = '', ...from] = text.split(SEPARATOR)
  return { ...decodeInvitation(invitation), from: from.join(SEPARATOR) }
}

/**
 * Reads what a user has pasted: a link, a room's name, or a connect string. Throws like {@link readFragment}.
 */
export function readPasted(pasted: string): Pasted {
  const text = pasted.trim()
  const link = /^https?:\/\/[^#]*(#.*)?$/su.exec(text)
  if (link === null) return PLAIN.test(text) ? readFragment(text) : { connectString: text }
  if (link[1] === undefined) {
    throw new Error('This link is incomplete: the part after the # is missing. Copy the whole link.')
  }
  return readFragment(link[1])
}
