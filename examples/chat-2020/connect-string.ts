import type { ConnectString, RelayedRoom } from '../../src/protocol/index.ts'
import { ProtocolError, decodeRoom } from '../../src/protocol/index.ts'

/** The beginning of the protocols of rooms of the 2020 chat. */
const PREFIX = '/x/chat-'
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const NAME_LETTERS = 16

/** Returns 16 random letters. */
export function randomLetters(): string {
  let name = ''
  while (name.length < NAME_LETTERS) {
    for (const byte of crypto.getRandomValues(new Uint8Array(NAME_LETTERS))) {
      // Discards 12 of 64 values, so that all 52 letters are equally likely.
      if (name.length < NAME_LETTERS) name += LETTERS[byte % 64] ?? ''
    }
  }
  return name
}

/** Returns the protocol of a new room, which only invited peers know. */
export function newProtocol(): string {
  return PREFIX + randomLetters()
}

/** Decodes the connect string of a room. Throws an Error for the user if it is damaged or leads elsewhere. */
export function readConnectString(text: string): ConnectString | RelayedRoom {
  const room = decode(text)
  if (room.protocol.startsWith(PREFIX)) return room
  throw new Error(`This invitation is for ${room.protocol}, not for a chat.`)
}

function decode(text: string): ConnectString | RelayedRoom {
  try {
    return decodeRoom(text)
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code === 'ERR_NO_INVITATION') throw error
    throw new Error(`${error.message}. Copy the whole link or connect string again`, { cause: error })
  }
}
