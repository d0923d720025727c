import type { Connection } from '../../src/client/index.ts'
import { hear, tell } from '../shared/talk.ts'
import type { ChatMessage } from './chat-message.ts'
import { MAX, readChatMessage } from './chat-message.ts'

/** Lines that a room keeps, and guests that a host has. */
export const [MAX_LINES, MAX_GUESTS] = [500, 50]

/** A room: its host passes on to all guests what each one says; a guest is linked to the host alone. */
export class Room {
  /** What was said; who came and went is said by nobody, `''`. */
  lines: { from: string; text: string; isOwn: boolean }[] = []
  /** The names of those who are here by their keys, the host's first. */
  members = new Map<string, string>()
  /** The key of who is at the other end of each link: `''` until a guest has said its name. */
  readonly links = new Map<Connection, string>()
  readonly init: { name: string; hostPeer: string | undefined; changed: () => void }

  /** `hostPeer` is the person's own peer if they are the host. */
  constructor(init: Room['init']) {
    this.init = init
    if (init.hostPeer !== undefined) this.members.set(init.hostPeer, init.name)
  }

  /** Has a guest here, until its link ends. */
  async admit(guest: Connection): Promise<void> {
    if (this.links.size >= MAX_GUESTS) return guest.close()
    this.links.set(guest, '')
    await hear(guest, (bytes) => this.#heardGuest(guest, readChatMessage(bytes)))
    const peerID = this.links.get(guest) ?? ''
    this.links.delete(guest)
    this.#put({ name: 'removeUser', peerID })
  }

  /** Is at the host's, until the link to it ends; gives why it did, in words. */
  async visit(host: Connection): Promise<string> {
    this.links.set(host, host.peer)
    tell(host, { name: 'user', user: this.init.name })
    const why = await hear(host, (bytes) => this.#put(readChatMessage(bytes), host))
    this.links.clear()
    this.members.clear()
    return why
  }

  say(text: string): void {
    if (text.trim() !== '') this.#put({ name: 'message', from: this.init.name, text })
  }

  #heardGuest(guest: Connection, message: ChatMessage | undefined): void {
    const from = this.members.get(this.links.get(guest) ?? '')
    if (message?.name === 'message' && from !== undefined) this.#put({ ...message, from }, guest)
    if (message?.name !== 'user' || from !== undefined) return
    const peerID = this.members.has(guest.peer) ? `${guest.peer}#${guest.id}` : guest.peer
    this.#put({ name: 'addUser', peerID, user: message.user }, guest)
    this.links.set(guest, peerID)
    tell(guest, { name: 'users', users: Object.fromEntries(this.members) })
  }

  /** Does what a message says, and passes it on to all but the one whom it is from. */
  #put(message: ChatMessage | undefined, sender?: Connection): void {
    let [text, from] = ['', '']
    if (message?.name === 'message') ({ text, from } = message)
    else if (message?.name === 'users') {
      this.members = new Map(Object.entries(message.users))
      text = `You came in as ${this.init.name}.`
    } else if (message?.name === 'addUser' && this.members.size < MAX.users) {
      this.members.set(message.peerID, message.user)
      text = `${message.user} came in.`
    } else if (message?.name === 'removeUser' && this.members.has(message.peerID)) {
      text = `${this.members.get(message.peerID)} left.`
      this.members.delete(message.peerID)
    } else return
    this.lines = [...this.lines, { from, text, isOwn: sender === undefined }].slice(-MAX_LINES)
    for (const [link, key] of this.links) if (link !== sender && key !== '') tell(link, message)
    this.init.changed()
  }
}
