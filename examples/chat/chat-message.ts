import type { MessageOf } from '../shared/message.ts'
import { jsonCodec, nameField, namesField, textField } from '../shared/message.ts'

/** Limits: characters of a text and of a key, users in a list, lines in a room. */
export const MAX = { text: 4_000, key: 200, users: 200, lines: 500 }

// The messages of the 2020 chat, each a JSON object. A guest sends `user`; the host answers with `users`,
// sends `addUser` and later `removeUser` to the others, and forwards each `message`. `peerID` is only a key:
// two guests can share a peer.
const KINDS = {
  user: { user: nameField },
  users: { users: namesField(MAX.users) },
  addUser: { peerID: textField(MAX.key), user: nameField },
  removeUser: { peerID: textField(MAX.key) },
  message: { from: nameField, text: textField(MAX.text) },
}

export type ChatMessage = MessageOf<typeof KINDS>
export const CHAT = jsonCodec(KINDS)
