import type { ConnectString } from '../../src/protocol/index.ts'
import * as invitation from '../shared/invitation.ts'

export { connectStringIn, linkOf } from '../shared/invitation.ts'

/** What the protocols of all rooms begin with. */
const PREFIX = '/x/chat-'

/** A protocol for a new room: nobody who was not told its 16 random letters finds it. */
export function newRoomProtocol(): string {
  return invitation.newProtocol(PREFIX)
}

/** Reads an invitation to a room; throws an Error that says what is wrong with it, for the person who pasted it. */
export function readInvitation(pasted: string): ConnectString {
  return invitation.readInvitation(pasted, PREFIX, 'a chat')
}
