import { cleanName, cleanText, decodeChatMessage } from './chat-message.ts'
import type { ChatMessage } from './chat-message.ts'
import type { ChatLink, Member, Room } from './room.ts'
import { MAX_MALFORMED, tell } from './room.ts'
import { Transcript } from './transcript.ts'

/** Guests that a host lets in. */
export const MAX_GUESTS = 50

interface Guest {
  readonly link: ChatLink
  /** Undefined until the guest has said its name: then it is a member. */
  member: { key: string; name: string } | undefined
  malformed: number
}

/** What a host's room is made of. */
export interface HostRoomInit {
  /** The host's own peer ID. */
  peer: string
  name: string
  /** Told after everything that happens. */
  changed: () => void
  /** See {@link MAX_GUESTS}. */
  maxGuests?: number
}

/**
 * The room as its host sees it: all guests are linked to the host, who passes on what each of them says.
 *
 * A guest is known by its link. The key that the others know it by is its peer ID, or, where that is taken because two
 * members come from one browser, the peer ID with a number behind it. Whose message it is, is for the host to say: `from`
 * is the name that the guest came with.
 */
export class HostRoom implements Room {
  readonly transcript = new Transcript()
  readonly #peer: string
  readonly #name: string
  readonly #changed: () => void
  readonly #maxGuests: number
  readonly #guests = new Set<Guest>()
  #ended: string | undefined

  constructor(init: HostRoomInit) {
    this.#peer = init.peer
    this.#name = cleanName(init.name)
    this.#changed = init.changed
    this.#maxGuests = init.maxGuests ?? MAX_GUESTS
  }

  get ended(): string | undefined {
    return this.#ended
  }

  get members(): readonly Member[] {
    return [
      { key: this.#peer, name: this.#name, you: true, host: true },
      ...this.#known().map(({ key, name }) => ({ key, name, you: false, host: false })),
    ]
  }

  /** Takes a guest in, until its link ends. Never rejects. */
  async admit(link: ChatLink): Promise<void> {
    if (this.#ended !== undefined) return link.close()
    if (this.#guests.size >= this.#maxGuests) {
      tell(link, { name: 'message', from: this.#name, text: 'The room is full.' })
      return link.close()
    }
    const guest: Guest = { link, member: undefined, malformed: 0 }
    this.#guests.add(guest)
    try {
      for await (const bytes of link) this.#receive(guest, bytes)
    } catch {
      // How it ended makes no difference to those who stay: the guest is gone.
    } finally {
      this.#remove(guest)
    }
  }

  say(text: string): boolean {
    const said = cleanText(text)
    if (said.trim() === '' || this.#ended !== undefined) return false
    this.#tellOthers(undefined, { name: 'message', from: this.#name, text: said })
    this.transcript.message(this.#name, said, true)
    this.#changed()
    return true
  }

  leave(): void {
    if (this.#ended !== undefined) return
    this.#ended = 'You closed the room.'
    for (const { link } of this.#guests) link.close()
    this.#changed()
  }

  #receive(guest: Guest, bytes: Uint8Array): void {
    if (this.#ended !== undefined) return
    const message = decodeChatMessage(bytes)
    if (message?.name === 'user') this.#introduce(guest, message.user)
    else if (message?.name === 'message' && guest.member !== undefined) {
      const { name } = guest.member
      this.#tellOthers(guest, { name: 'message', from: name, text: message.text })
      this.transcript.message(name, message.text, false)
    } else {
      guest.malformed += 1
      if (guest.malformed >= MAX_MALFORMED) guest.link.close()
      return
    }
    this.#changed()
  }

  /** A guest says who it is, or, later, that it wants another name. */
  #introduce(guest: Guest, name: string): void {
    const { member } = guest
    if (member === undefined) {
      guest.member = { key: this.#freeKey(guest.link.peer), name }
      const users = new Map(this.members.map((member) => [member.key, member.name]))
      tell(guest.link, { name: 'users', users })
      this.transcript.note(`${name} came in.`)
    } else {
      this.transcript.note(`${member.name} is now ${name}.`)
      member.name = name
    }
    this.#tellOthers(guest, { name: 'addUser', peerID: guest.member?.key ?? guest.link.peer, user: name })
  }

  #remove(guest: Guest): void {
    this.#guests.delete(guest)
    if (guest.member === undefined || this.#ended !== undefined) return
    this.#tellOthers(guest, { name: 'removeUser', peerID: guest.member.key })
    this.transcript.note(`${guest.member.name} left.`)
    this.#changed()
  }

  #tellOthers(sender: Guest | undefined, message: ChatMessage): void {
    for (const guest of this.#guests) {
      if (guest !== sender && guest.member !== undefined) tell(guest.link, message)
    }
  }

  #known(): { key: string; name: string }[] {
    return [...this.#guests].flatMap((guest) => (guest.member === undefined ? [] : [guest.member]))
  }

  #freeKey(peer: string): string {
    const taken = new Set(this.members.map((member) => member.key))
    let key = peer
    for (let number = 2; taken.has(key); number++) key = `${peer}#${number}`
    return key
  }
}
