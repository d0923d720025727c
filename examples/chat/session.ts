import type { Client, Connection, Listener, RelayLinkState } from '../../src/client/index.ts'
import { RelayLink } from '../../src/client/index.ts'
import type { ConnectString } from '../../src/protocol/index.ts'
import { encodeConnectString } from '../../src/protocol/index.ts'
import { cleanName } from './chat-message.ts'
import { GuestRoom } from './guest-room.ts'
import { HostRoom } from './host-room.ts'
import { newRoomProtocol, readInvitation } from './invitation.ts'
import type { Room } from './room.ts'

/** What the person in front of the page is doing. */
export type ChatPhase =
  | { kind: 'choosing' }
  | { kind: 'opening' }
  | { kind: 'joining'; invitation: string }
  | { kind: 'hosting'; room: HostRoom; protocol: string }
  | { kind: 'visiting'; room: GuestRoom; invitation: string }

/** What a session is made of. */
export interface ChatSessionInit {
  /** One attempt to reach the relay. */
  connect: (signal: AbortSignal) => Promise<Client>
  /** Told after everything that happens; nothing is told after `signal` has fired. */
  changed: () => void
  /** Ends the session, and everything in it. */
  signal: AbortSignal
}

/**
 * One page's chat: its link to the relay, and the room that it hosts or visits. It knows nothing of the page.
 *
 * A room that is hosted outlives the loss of the relay: its protocol is listened on again, so that the invitation holds.
 * What goes wrong is in `problem`, in words, until the next thing is done.
 */
export class ChatSession {
  readonly #changed: () => void
  readonly #signal: AbortSignal
  readonly #link: RelayLink
  #relay: RelayLinkState = { kind: 'connecting', attempt: 1 }
  #phase: ChatPhase = { kind: 'choosing' }
  #problem = ''
  /** What is to be done as soon as there is a relay: a link was followed, or a button pressed, too early for it. */
  #whenConnected: ((client: Client) => Promise<void>) | undefined
  /** Ends the wait of the present attempt to open or join. */
  #attempt = new AbortController()

  constructor(init: ChatSessionInit) {
    this.#signal = init.signal
    this.#changed = () => {
      if (!init.signal.aborted) init.changed()
    }
    this.#link = new RelayLink({
      connect: init.connect,
      signal: init.signal,
      changed: (state) => this.#relayChanged(state),
    })
  }

  get relay(): RelayLinkState {
    return this.#relay
  }

  get phase(): ChatPhase {
    return this.#phase
  }

  /** What went wrong last, in words; empty if nothing did. */
  get problem(): string {
    return this.#problem
  }

  get room(): Room | undefined {
    return this.#phase.kind === 'hosting' || this.#phase.kind === 'visiting' ? this.#phase.room : undefined
  }

  /** The connect string of the room that is hosted; empty until the peer has an address. */
  get connectString(): string {
    const { relay, phase } = { relay: this.#relay, phase: this.#phase }
    if (phase.kind !== 'hosting' || relay.kind !== 'connected' || relay.client.addresses.length === 0)
      return ''
    const { peer, addresses } = relay.client
    return encodeConnectString({ peer, protocol: phase.protocol, addrs: [...addresses] })
  }

  /** Whether peers elsewhere can reach this one. */
  get public(): boolean {
    return this.#relay.kind === 'connected' && this.#relay.client.public
  }

  /** Opens a room. */
  host(name: string): void {
    const protocol = newRoomProtocol()
    this.#begin({ kind: 'opening' }, async (client, signal) => {
      const listener = await client.listen(protocol, { signal })
      const room = new HostRoom({ peer: client.peer, name, changed: this.#changed })
      this.#signal.addEventListener('abort', () => room.leave(), { signal })
      this.#phase = { kind: 'hosting', room, protocol }
      this.#closeWithAttempt(listener)
      void this.#admit(room, listener)
    })
  }

  /** Joins the room of a connect string, or of a link with one. */
  join(name: string, pasted: string): void {
    let invitation: ConnectString
    try {
      invitation = readInvitation(pasted)
    } catch (error) {
      this.#fail(error)
      return
    }
    const { peer, protocol, addrs } = invitation
    const before = this.#phase.kind === 'visiting' ? this.#phase : undefined
    this.#begin({ kind: 'joining', invitation: pasted }, async (client, signal) => {
      const link: Connection = await client.dial({ peer, addrs }, protocol, { signal })
      // Whoever joins again goes on where the lost link broke off.
      const going = before?.invitation === pasted ? { transcript: before.room.transcript } : {}
      const room = new GuestRoom({ peer: client.peer, name, link, changed: this.#changed, ...going })
      this.#phase = { kind: 'visiting', room, invitation: pasted }
    })
  }

  /** Says something in the room; false if that was not possible. */
  say(text: string): boolean {
    return this.room?.say(text) ?? false
  }

  /** Leaves the room, or gives up opening or joining one. */
  leave(): void {
    this.#attempt.abort()
    this.#whenConnected = undefined
    this.room?.leave()
    this.#phase = { kind: 'choosing' }
    this.#problem = ''
    this.#changed()
  }

  /** Does not wait any longer for the next attempt to reach the relay. */
  retry(): void {
    this.#link.retry()
  }

  #begin(phase: ChatPhase, work: (client: Client, signal: AbortSignal) => Promise<void>): void {
    this.#attempt.abort()
    this.#attempt = new AbortController()
    const { signal } = this.#attempt
    this.room?.leave()
    const previous = this.#phase
    this.#phase = phase
    this.#problem = ''
    this.#changed()
    const run = async (client: Client): Promise<void> => {
      try {
        await work(client, signal)
      } catch (error) {
        if (signal.aborted) return
        // A room that is over can still be read, and joined again.
        this.#phase = previous.kind === 'visiting' ? previous : { kind: 'choosing' }
        this.#fail(error)
      }
      this.#changed()
    }
    if (this.#relay.kind === 'connected') void run(this.#relay.client)
    else this.#whenConnected = run
  }

  #relayChanged(state: RelayLinkState): void {
    this.#relay = state
    if (state.kind === 'connected') {
      const { client } = state
      client.addEventListener('identify', this.#changed)
      const work = this.#whenConnected
      this.#whenConnected = undefined
      if (work !== undefined) void work(client)
      else void this.#reopen(client)
    }
    this.#changed()
  }

  /** Listens again, on a new relay, for a room whose listener went with the old one. */
  async #reopen(client: Client): Promise<void> {
    const phase = this.#phase
    if (phase.kind !== 'hosting') return
    try {
      const listener = await client.listen(phase.protocol, { signal: this.#attempt.signal })
      this.#closeWithAttempt(listener)
      void this.#admit(phase.room, listener)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** The listener lives as long as this attempt at hosting, or as its relay. */
  #closeWithAttempt(listener: Listener): void {
    const { signal } = this.#attempt
    const end = (): void => listener.close()
    signal.addEventListener('abort', end)
    void listener.closed.then(() => signal.removeEventListener('abort', end))
  }

  async #admit(room: HostRoom, listener: Listener): Promise<void> {
    try {
      for await (const connection of listener) void room.admit(connection)
    } catch {
      // The relay is lost: its link says so to the page, and listens again when it is back.
      this.#changed()
    }
  }

  #fail(error: unknown): void {
    this.#problem = error instanceof Error ? error.message : String(error)
    this.#changed()
  }
}

/** A name for somebody who has not given one. */
export function guestName(random: () => number = Math.random): string {
  return cleanName(`Guest ${100 + Math.floor(random() * 900)}`)
}
