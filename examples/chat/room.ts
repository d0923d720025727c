import type { Connection } from '../../src/client/index.ts'
import { Star } from '../shared/star.ts'
import type { ChatMessage } from './chat-message.ts'
import { CHAT, MAX } from './chat-message.ts'

/** A room: its host passes on to all guests what each one says; a guest is linked to the host alone. */
export class Room {
  /** What was said, of the kind `mine` or none; and who came and went, which is said by nobody, `''`, and a `note`. */
  lines: { from: string; text: string; kind: string }[] = []
  /** The names of those who are here by their keys, the host's first. A guest has none until it is told: hosts of 2020 may not. */
  members = new Map<string, string>()
  readonly #name: string
  readonly star: Star<ChatMessage>

  /** `hostPeer` is the person's own peer if they are the host. */
  constructor(name: string, changed: () => void, hostPeer?: string) {
    this.#name = name
    this.star = new Star(CHAT, 'room', changed, hostPeer === undefined)
    if (hostPeer !== undefined) this.members.set(hostPeer, name)
  }

  /** Has a guest here, until its link ends. Rejects if it is lost. */
  async admit(guest: Connection): Promise<void> {
    let peerID = ''
    const heard = (message: ChatMessage): void => {
      const from = this.members.get(peerID)
      if (message.name === 'message' && from !== undefined) this.#put({ ...message, from }, guest)
      if (message.name !== 'user' || from !== undefined) return
      peerID = this.members.has(guest.peer) ? `${guest.peer}#${guest.id}` : guest.peer
      this.#put({ name: 'addUser', peerID, user: message.user }, guest)
      this.star.tell(guest, { name: 'users', users: Object.fromEntries(this.members) })
    }
    await this.star.hear(guest, heard).finally(() => this.#put({ name: 'removeUser', peerID }))
  }

  /** Is at the host's, until the link to it ends. Rejects if it is lost, or the room is full. */
  async visit(host: Connection): Promise<void> {
    this.star.tell(host, { name: 'user', user: this.#name })
    await this.star.hear(host, (message) => this.#put(message, host)).finally(() => this.members.clear())
  }

  say(text: string): void {
    if (text.trim() !== '') this.#put({ name: 'message', from: this.#name, text })
  }

  /** Does what a message says, and passes it on to all but the one whom it is from. */
  #put(message: ChatMessage, sender?: Connection): void {
    let [text, from] = ['', '']
    if (message.name === 'message') ({ text, from } = message)
    else if (message.name === 'users') {
      this.members = new Map(Object.entries(message.users))
      text = `You came in as ${this.#name}.`
    } else if (message.name === 'addUser' && this.members.size < MAX.users) {
      this.members.set(message.peerID, message.user)
      text = `${message.user} came in.`
    } else if (message.name === 'removeUser' && this.members.has(message.peerID)) {
      text = `${this.members.get(message.peerID)} left.`
      this.members.delete(message.peerID)
    } else return
    const kind = from === '' ? 'note' : sender === undefined ? 'mine' : ''
    this.lines = [...this.lines, { from, text, kind }].slice(-MAX.lines)
    this.star.pass(message, sender)
  }
}
