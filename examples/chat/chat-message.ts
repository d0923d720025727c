import { isObject, readObject } from '../shared/talk.ts'

/** Bytes of a message, characters of a text and of a name, users in a list: no more are read. */
export const MAX = { bytes: 65_536, text: 4_000, name: 40, users: 200 }

/**
 * What travels, one JSON object per message, as the 2020 chat wrote it. A guest says `user`; the host answers `users`, tells the
 * others `addUser`, in the end `removeUser`, and passes on each `message`. `peerID` is a key: two guests may have one peer.
 */
export type ChatMessage =
  | { name: 'user'; user: string }
  | { name: 'users'; users: Record<string, string> }
  | { name: 'addUser'; peerID: string; user: string }
  | { name: 'removeUser'; peerID: string }
  | { name: 'message'; from: string; text: string }

/** Reads a message from a peer; undefined for anything that is none. */
export function readChatMessage(bytes: Uint8Array): ChatMessage | undefined {
  const { name, user, users, peerID, from, text } = readObject(bytes, MAX.bytes)
  if (name === 'user' && isText(user)) return { name, user: cleanName(user) }
  if (name === 'addUser' && isText(peerID) && isText(user)) return { name, peerID, user: cleanName(user) }
  if (name === 'removeUser' && isText(peerID)) return { name, peerID }
  if (name === 'message' && isText(from) && isText(text))
    return { name, from: cleanName(from), text: text.slice(0, MAX.text) }
  if (name !== 'users' || !isObject(users)) return undefined
  const listed = Object.entries(users).slice(0, MAX.users)
  return { name, users: Object.fromEntries(listed.map(([key, user]) => [key, cleanName(String(user))])) }
}

const isText = (value: unknown): value is string => typeof value === 'string'

/** A name on one line, without what turns the direction of the text around it, cut to its bound, and never empty. */
export function cleanName(name: string): string {
  const line = name.replaceAll(/[\p{Cc}\u2028-\u202E\u2066-\u2069\s]+/gu, ' ').trim()
  return line.slice(0, MAX.name).replace(/[\uD800-\uDBFF]$|\s+$/, '') || 'Somebody'
}
