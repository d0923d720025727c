import type { Connection } from '../../src/client/index.ts'
import type { ChatMessage } from './chat-message.ts'
import { CHAT, MAX } from './chat-message.ts'
import { Star } from './star.ts'

/** A room of the 2020 chat. Guests connect only to the host, who forwards every message to all others. */
export class OldRoom {
  /** Member names by key, the host first. Empty for a guest until the host sends them, if it ever does. */
  members = new Map<string, string>()
  readonly star: Star<ChatMessage>
  readonly #name: string
  readonly #add: (text: string, from: string, kind?: string) => void

  /**
   * @param add shows what was said, or without a name what happened
   * @param hostPeer the ID of this page's peer if it is the host
   */
  constructor(
    name: string,
    add: (text: string, from: string, kind?: string) => void,
    changed: () => void,
    hostPeer?: string,
  ) {
    this.#name = name
    this.#add = add
    this.star = new Star(CHAT, 'room', changed, hostPeer === undefined)
    if (hostPeer !== undefined) this.members.set(hostPeer, name)
  }

  /** Serves a guest until its connection closes. Rejects if it is lost. */
  async admit(guest: Connection): Promise<void> {
    let peerID = ''
    const heard = (message: ChatMessage): void => {
      const from = this.members.get(peerID)
      if (message.name === 'message' && from !== undefined) this.#put({ ...message, from }, guest)
      if (message.name !== 'user' || from !== undefined) return
      peerID = this.members.has(guest.peer) ? `${guest.peer}#${guest.id}` : guest.peer
      this.#put({ name: 'addUser', peerID, user: message.user }, guest)
      this.star.sendTo(guest, { name: 'users', users: Object.fromEntries(this.members) }, peerID)
    }
    await this.star.receive(guest, heard).finally(() => this.#put({ name: 'removeUser', peerID }))
  }

  /** Joins the host's room until the connection closes. Rejects if it is lost or the room is full. */
  async visit(host: Connection): Promise<void> {
    this.star.sendTo(host, { name: 'user', user: this.#name }, host.peer)
    await this.star.receive(host, (message) => this.#put(message, host)).finally(() => this.members.clear())
  }

  say(text: string): void {
    if (text.trim() !== '') this.#put({ name: 'message', from: this.#name, text })
  }

  /** Applies a message and forwards it to everyone but its sender. */
  #put(message: ChatMessage, sender?: Connection): void {
    switch (message.name) {
      case 'message':
        this.#add(message.text, message.from, sender === undefined ? 'mine' : '')
        break
      case 'users':
        this.members = new Map(Object.entries(message.users))
        this.#add(`You joined as ${this.#name}.`, '')
        break
      case 'addUser':
        if (this.members.size >= MAX.users) return
        this.members.set(message.peerID, message.user)
        this.#add(`${message.user} joined.`, '')
        break
      case 'removeUser': {
        const user = this.members.get(message.peerID)
        if (user === undefined) return
        this.members.delete(message.peerID)
        this.#add(`${user} left.`, '')
        break
      }
      case 'user':
        return
      default:
        return message satisfies never
    }
    this.star.forward(message, sender)
  }
}
