import type { Connection } from '../../src/client/index.ts'
import { Star } from '../shared/star.ts'
import type { ChatMessage } from './chat-message.ts'
import { CHAT, MAX } from './chat-message.ts'

/** A chat room. Guests connect only to the host, who forwards every message to all others. */
export class Room {
  /** Messages, with the kind `mine` or empty, and notes without a sender, with the kind `note`. */
  lines: { from: string; text: string; kind: string }[] = []
  /** Member names by key, the host first. Empty for a guest until the host sends them, if it ever does. */
  members = new Map<string, string>()
  readonly #name: string
  readonly star: Star<ChatMessage>

  /** @param hostPeer the ID of this page's peer if it is the host */
  constructor(name: string, changed: () => void, hostPeer?: string) {
    this.#name = name
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
    let [text, from] = ['', '']
    if (message.name === 'message') ({ text, from } = message)
    else if (message.name === 'users') {
      this.members = new Map(Object.entries(message.users))
      text = `You joined as ${this.#name}.`
    } else if (message.name === 'addUser' && this.members.size < MAX.users) {
      this.members.set(message.peerID, message.user)
      text = `${message.user} joined.`
    } else if (message.name === 'removeUser' && this.members.has(message.peerID)) {
      text = `${this.members.get(message.peerID)} left.`
      this.members.delete(message.peerID)
    } else return
    const kind = from === '' ? 'note' : sender === undefined ? 'mine' : ''
    this.lines = [...this.lines, { from, text, kind }].slice(-MAX.lines)
    this.star.forward(message, sender)
  }
}
