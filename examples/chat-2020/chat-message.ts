import type { MessageOf } from './message.ts'
import { jsonCodec, nameField, namesField, textField } from './message.ts'

/** Limits: characters of a text and of a key, users in a list, lines in a room. */
export const MAX = { text: 4_000, key: 200, users: 200, lines: 500 }

// The 2020 chat's JSON messages. A guest sends only `user` and `message`, and a `peerID` is only a key.
const KINDS = {
  user: { user: nameField },
  users: { users: namesField(MAX.users) },
  addUser: { peerID: textField(MAX.key), user: nameField },
  removeUser: { peerID: textField(MAX.key) },
  message: { from: nameField, text: textField(MAX.text) },
}

export type ChatMessage = MessageOf<typeof KINDS>
export const CHAT = jsonCodec(KINDS)
