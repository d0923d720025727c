import type { ChatMessage } from './chat-message.ts'
import { encodeChatMessage } from './chat-message.ts'
import type { Transcript } from './transcript.ts'

/** Messages of a peer that are none of the chat's, before the room stops listening to it. */
export const MAX_MALFORMED = 20

/** A way to one other member: a connection of the client has all of it. */
export interface ChatLink extends AsyncIterable<Uint8Array> {
  /** Shared by all members that come from one browser. */
  readonly peer: string
  send(bytes: Uint8Array): boolean
  close(): void
}

/** Somebody who is here. `key` is that member's alone. */
export interface Member {
  key: string
  name: string
  you: boolean
  host: boolean
}

/** What a page shows of a room, and does in it. */
export interface Room {
  readonly transcript: Transcript
  readonly members: readonly Member[]
  /** Why this room is over, in words; undefined while it lives. */
  readonly ended: string | undefined
  /** Says something to everyone; an empty text, or one in a room that is over, is not said, and gives false. */
  say(text: string): boolean
  /** Closes all links. */
  leave(): void
}

/** Sends a message if that is possible; a link on which it is not has ended, or is closed for being too slow. */
export function tell(link: ChatLink, message: ChatMessage): void {
  try {
    link.send(encodeChatMessage(message))
  } catch {
    link.close()
  }
}

/** Why a link ended, as its iteration told: by returning, or with an error. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
