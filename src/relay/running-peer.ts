import type { Connection, Stream } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import type { ClientPeer } from './client.ts'
import { DialError } from './dial-error.ts'
import type { DialRequest } from './dialer.ts'
import { dial } from './dialer.ts'
import { Listeners } from './listeners.ts'
import type { Log } from './log.ts'
import { loopbackPair } from './loopback-stream.ts'
import type { NetworkConfig } from './network.ts'
import type { Peer } from './peer.ts'
import type { ReservationState } from './reservation-keeper.ts'
import { ReservationKeeper } from './reservation-keeper.ts'

/** What a {@link RunningPeer} is made of. */
export interface RunningPeerInit {
  peer: Peer
  network: NetworkConfig
  log: Log
  /** Lets the gater pass an address that the user has named. */
  allow: (address: Multiaddr) => void
}

/** A peer that runs: its listeners, its reservations on relays, and the way from it to others and to itself. */
export class RunningPeer implements ClientPeer {
  readonly listeners: Listeners
  readonly peer: Peer
  readonly #init: RunningPeerInit
  readonly #keepers: ReservationKeeper[]
  #onReservation: (() => void) | undefined

  constructor(init: RunningPeerInit) {
    this.#init = init
    this.peer = init.peer
    this.listeners = new Listeners(init.peer.libp2p, init.log)
    this.#keepers = [...addressesByPeer(init.network.relays)].map(
      ([relay, addresses]) =>
        new ReservationKeeper(init.peer, relay, addresses, init.log, (state) => {
          if (state.kind === 'held') this.#onReservation?.()
        }),
    )
  }

  get id(): string {
    return this.peer.id
  }

  get reservations(): { relay: string; state: ReservationState }[] {
    return this.#keepers.map(({ relay, state }) => ({ relay, state }))
  }

  /** Tries the relays that are waited for at once. */
  retryReservations(): void {
    for (const keeper of this.#keepers) keeper.retry()
  }

  /** Resolves when a relay can be dialled through, when there is none to wait for, or after `timeoutMs`. */
  async dialable(timeoutMs: number): Promise<void> {
    if (this.#keepers.length === 0 || this.#keepers.some(({ state }) => state.kind === 'held')) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs)
      this.#onReservation = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async dial(
    request: DialRequest,
    signal: AbortSignal,
  ): Promise<{ stream: Stream; connection: Connection | undefined }> {
    if (request.target.peer === this.id)
      return { stream: this.#dialSelf(request.protocol), connection: undefined }
    const { peer, allow } = this.#init
    return await dial(
      { peer, allow, relays: () => this.#keepers.map(({ relay }) => multiaddr(`/p2p/${relay}`)) },
      request,
      signal,
    )
  }

  async stop(): Promise<void> {
    for (const keeper of this.#keepers) keeper.stop()
    await this.peer.stop()
  }

  #dialSelf(protocol: string): Stream {
    const listener = this.listeners.get(protocol)
    if (listener === undefined) throw new DialError(`no page of this peer listens on ${protocol}`)
    const log = this.peer.libp2p.logger.forComponent('libp2p-websocket:loopback')
    const { dialer, listener: accepted } = loopbackPair(protocol, log)
    // In a task of its own, so that the dialer's client is told of its connection first and as by a network.
    setTimeout(() => listener.accept(accepted, this.id, undefined), 0)
    return dialer
  }
}

/** Groups multiaddrs that end in `/p2p/…` by that peer: one relay may be listed with several addresses. */
function addressesByPeer(addresses: string[]): Map<string, Multiaddr[]> {
  const byPeer = new Map<string, Multiaddr[]>()
  for (const text of addresses) {
    const address = multiaddr(text)
    const peer = address.getComponents().at(-1)?.value ?? ''
    byPeer.set(peer, [...(byPeer.get(peer) ?? []), address])
  }
  return byPeer
}
