import type { MessageOf } from '../shared/message.ts'
import { jsonCodec, nameField, namesField, textField } from '../shared/message.ts'

/** Characters of a text and of a key, users in a list, lines of a room: no more are kept. */
export const MAX = { text: 4_000, key: 200, users: 200, lines: 500 }

/**
 * What travels, one JSON object per message, as the 2020 chat wrote it. A guest says `user`; the host answers `users`, tells the
 * others `addUser`, in the end `removeUser`, and passes on each `message`. `peerID` is a key: two guests may have one peer.
 */
const KINDS = {
  user: { user: nameField },
  users: { users: namesField(MAX.users) },
  addUser: { peerID: textField(MAX.key), user: nameField },
  removeUser: { peerID: textField(MAX.key) },
  message: { from: nameField, text: textField(MAX.text) },
}

export type ChatMessage = MessageOf<typeof KINDS>
export const CHAT = jsonCodec(KINDS)
