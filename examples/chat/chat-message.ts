/** Characters of a name; what is longer is cut. */
export const MAX_NAME_LENGTH = 40

/** Characters of a text; what is longer is cut. */
export const MAX_TEXT_LENGTH = 4_000

/** Bytes of one message on the wire; a longer one is not read. A full list of users fits. */
export const MAX_MESSAGE_BYTES = 65_536

/** Users that one `users` message is read for. */
export const MAX_USERS = 200

/**
 * What travels in the chat, one JSON object per message, as the 2020 chat wrote it.
 *
 * A guest says `user` first; the host answers `users`, and tells the others `addUser`, and `removeUser` in the end. Everyone
 * says `message`, which the host passes on to the others. `peerID` is a key: two guests from one browser have one peer ID,
 * so a host may put something behind it.
 */
export type ChatMessage =
  | { name: 'user'; user: string }
  | { name: 'users'; users: ReadonlyMap<string, string> }
  | { name: 'addUser'; peerID: string; user: string }
  | { name: 'removeUser'; peerID: string }
  | { name: 'message'; from: string; text: string }

const utf8 = new TextDecoder()

/** The bytes of one message. */
export function encodeChatMessage(message: ChatMessage): Uint8Array {
  const json =
    message.name === 'users' ? { name: 'users', users: Object.fromEntries(message.users) } : message
  return new TextEncoder().encode(JSON.stringify(json))
}

/** Reads a message from a peer; undefined for anything that is none. Names and texts are cut to their bounds. */
export function decodeChatMessage(bytes: Uint8Array): ChatMessage | undefined {
  if (bytes.byteLength > MAX_MESSAGE_BYTES) return undefined
  const fields = parseObject(utf8.decode(bytes))
  switch (fields?.['name']) {
    case 'user': {
      const { user } = fields
      return typeof user === 'string' ? { name: 'user', user: cleanName(user) } : undefined
    }
    case 'users': {
      const { users } = fields
      return isObject(users) ? { name: 'users', users: usersOf(users) } : undefined
    }
    case 'addUser': {
      const { peerID, user } = fields
      if (typeof peerID !== 'string' || typeof user !== 'string') return undefined
      return { name: 'addUser', peerID, user: cleanName(user) }
    }
    case 'removeUser': {
      const { peerID } = fields
      return typeof peerID === 'string' ? { name: 'removeUser', peerID } : undefined
    }
    case 'message': {
      const { from, text } = fields
      if (typeof from !== 'string' || typeof text !== 'string') return undefined
      return { name: 'message', from: cleanName(from), text: cleanText(text) }
    }
    default:
      return undefined
  }
}

/**
 * A name as it may be shown: on one line, cut to its bound, without the characters that turn the direction of the text
 * around them, and never empty.
 */
export function cleanName(name: string): string {
  const line = name.replaceAll(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069\s]+/gu, ' ').trim()
  return cut(line, MAX_NAME_LENGTH).trim() || 'Somebody'
}

/** A text as it may be shown: cut to its bound. */
export function cleanText(text: string): string {
  return cut(text, MAX_TEXT_LENGTH)
}

/** Never leaves half of a surrogate pair. */
function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '')
}

function usersOf(users: Record<string, unknown>): Map<string, string> {
  const entries = Object.entries(users).slice(0, MAX_USERS)
  return new Map(entries.flatMap(([key, user]) => (typeof user === 'string' ? [[key, cleanName(user)]] : [])))
}

function parseObject(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
