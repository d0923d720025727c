import { MAX_USERS, cleanName, cleanText, decodeChatMessage } from './chat-message.ts'
import { sentence } from '../../src/site/sentence.ts'
import type { ChatMessage } from './chat-message.ts'
import type { ChatLink, Member, Room } from './room.ts'
import { MAX_MALFORMED, reasonOf, tell } from './room.ts'
import { Transcript } from './transcript.ts'

/** What a guest's room is made of. */
export interface GuestRoomInit {
  /** The guest's own peer ID: it may be the host's as well. */
  peer: string
  name: string
  /** The link to the host, whose peer ID is its `peer`. */
  link: ChatLink
  /** Told after everything that happens. */
  changed: () => void
  /** The transcript to go on with, after a link that was lost. */
  transcript?: Transcript
}

/** The room as a guest sees it, through its one link to the host. */
export class GuestRoom implements Room {
  readonly transcript: Transcript
  readonly #peer: string
  readonly #name: string
  readonly #link: ChatLink
  readonly #changed: () => void
  #users: ReadonlyMap<string, string> = new Map()
  /** Which of the users this guest is; undefined while the host has not named one that it can be. */
  #ownKey: string | undefined
  #ended: string | undefined
  #malformed = 0

  /** Says to the host who comes, and listens until the link ends. */
  constructor(init: GuestRoomInit) {
    this.#peer = init.peer
    this.#name = cleanName(init.name)
    this.#link = init.link
    this.#changed = init.changed
    this.transcript = init.transcript ?? new Transcript()
    tell(this.#link, { name: 'user', user: this.#name })
    void this.#listen()
  }

  get ended(): string | undefined {
    return this.#ended
  }

  get members(): readonly Member[] {
    const members = [...this.#users].map(([key, name]) => ({
      key,
      name,
      you: key === this.#ownKey,
      host: key === this.#link.peer,
    }))
    if (this.#ownKey !== undefined) return members
    return [...members, { key: `${this.#peer}#you`, name: this.#name, you: true, host: false }]
  }

  say(text: string): boolean {
    const said = cleanText(text)
    if (said.trim() === '' || this.#ended !== undefined) return false
    tell(this.#link, { name: 'message', from: this.#name, text: said })
    this.transcript.message(this.#name, said, true)
    this.#changed()
    return true
  }

  leave(): void {
    this.#end('You left the room.')
    this.#link.close()
  }

  async #listen(): Promise<void> {
    try {
      for await (const bytes of this.#link) this.#receive(decodeChatMessage(bytes))
      this.#end('The host closed the room.')
    } catch (error) {
      this.#end(`The link to the host was lost. ${sentence(reasonOf(error))}`)
    }
  }

  #receive(message: ChatMessage | undefined): void {
    switch (message?.name) {
      case 'users':
        this.#users = message.users
        this.#ownKey = this.#findSelf(message.users)
        this.transcript.note(`You came in as ${this.#name}.`)
        break
      case 'addUser':
        this.#add(message.peerID, message.user)
        break
      case 'removeUser':
        this.#remove(message.peerID)
        break
      case 'message':
        this.transcript.message(message.from, message.text, false)
        break
      case 'user':
      case undefined:
        this.#malformed += 1
        if (this.#malformed < MAX_MALFORMED) return
        this.#end('The host does not speak as a chat does.')
        this.#link.close()
        return
      default:
        message satisfies never
    }
    this.#changed()
  }

  #add(key: string, name: string): void {
    const before = this.#users.get(key)
    if (before === undefined && this.#users.size >= MAX_USERS) return
    this.#users = new Map([...this.#users, [key, name]])
    this.transcript.note(before === undefined ? `${name} came in.` : `${before} is now ${name}.`)
  }

  #remove(key: string): void {
    const name = this.#users.get(key)
    if (name === undefined || key === this.#ownKey) return
    this.#users = new Map([...this.#users].filter(([other]) => other !== key))
    this.transcript.note(`${name} left.`)
  }

  /** The last user with this guest's peer ID and name: the host lists members in the order in which they came. */
  #findSelf(users: ReadonlyMap<string, string>): string | undefined {
    const isOwn = (key: string): boolean => key === this.#peer || key.startsWith(`${this.#peer}#`)
    return [...users].findLast(([key, name]) => isOwn(key) && name === this.#name)?.[0]
  }

  #end(reason: string): void {
    if (this.#ended !== undefined) return
    this.#ended = reason
    this.transcript.note(reason)
    this.#changed()
  }
}
