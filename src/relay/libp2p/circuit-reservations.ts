import type { Connection, PeerId, PeerStore, Transport } from '@libp2p/interface'
import { KEEP_ALIVE } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Multiaddr } from '@multiformats/multiaddr'
import { circuitRelayIn } from '../addresses/announced-addresses.ts'
import type { CircuitProbe, ProbeAnswer } from './circuit-probe.ts'

/** The mark of peers whose connection js-libp2p keeps, and makes again, because they hold a reservation. */
const KEPT_FOR_RESERVATION = `${KEEP_ALIVE}-circuit-relay`

/** A reservation as js-libp2p keeps it: the timer is that of its renewal. */
interface KeptReservation {
  timeout: ReturnType<typeof setTimeout>
}

/** What js-libp2p's transport for circuits keeps to itself, as far as it is needed here. */
interface ReservationStore extends EventTarget {
  reservations: { get(relay: PeerId): KeptReservation | undefined; delete(relay: PeerId): void }
  addRelay(relay: PeerId, type: 'configured'): Promise<unknown>
  /** It may be changed: what ends soon is renewed when it is asked for again. */
  getReservation(relay: PeerId): { expire: bigint } | undefined
  /** Peers that are never asked again; a relay that was away for a moment must not stay among them. */
  relayFilter: { remove(item: Uint8Array): boolean }
}

/** What {@link CircuitReservations} needs of the peer. */
export interface CircuitReservationsInit {
  peerId: PeerId
  peerStore: PeerStore
  transports: () => Transport[]
  probe: CircuitProbe
}

/** The reservations of a peer on relays, as js-libp2p's transport for circuits has them, and which of them were proved. */
export class CircuitReservations {
  readonly #components: CircuitReservationsInit
  readonly #proved: ProvenCircuitRelays

  constructor(components: CircuitReservationsInit, proved: ProvenCircuitRelays) {
    this.#components = components
    this.#proved = proved
  }

  /** Lets a relay be asked again for a reservation that js-libp2p would not ask any more. */
  forgetFailure(relay: string): void {
    this.#store.relayFilter.remove(peerIdFromString(relay).toMultihash().bytes)
  }

  /**
   * Gives a reservation up on this side, as js-libp2p does when its connection closes: that one stays open here, whatever else it
   * carries. The relay isn't told, as the protocol has no words for that; it holds the reservation until its time is over.
   */
  async forget(relay: string): Promise<void> {
    const id = peerIdFromString(relay)
    const { reservations } = this.#store
    const details = reservations.get(id)
    if (details === undefined) return
    clearTimeout(details.timeout)
    reservations.delete(id)
    this.#store.dispatchEvent(new CustomEvent('relay:removed', { detail: { relay: id, details } }))
    await this.#components.peerStore.merge(id, { tags: { [KEPT_FOR_RESERVATION]: undefined } })
  }

  /** Asks a relay for its reservation anew; one that is refused is lost. */
  async renew(relay: string): Promise<void> {
    const id = peerIdFromString(relay)
    const reservation = this.#store.getReservation(id)
    // While more than ten minutes are left of it, by this machine's clock, js-libp2p would not ask.
    if (reservation !== undefined) reservation.expire = 0n
    await this.#store.addRelay(id, 'configured')
  }

  /** When the reservation on this relay ends, as the relay has said: milliseconds since 1970, 0 without one. */
  endMs(relay: string): number {
    return Number(this.#store.getReservation(peerIdFromString(relay))?.expire ?? 0n) * 1000
  }

  /** Asks the relay at the other end of a connection for a circuit to this peer itself. Rejects as {@link CircuitProbe.ask}. */
  async probe(relay: Connection, signal: AbortSignal): Promise<ProbeAnswer> {
    const { probe, peerId } = this.#components
    return await probe.ask(relay, peerId, signal)
  }

  /** The relay keeps its word: others may be told of addresses through it. */
  setProven(relay: string, isProved: boolean): void {
    if (isProved) this.#proved.add(relay)
    else this.#proved.delete(relay)
  }

  get #store(): ReservationStore {
    const transport = this.#components
      .transports()
      .find((one) => one[Symbol.toStringTag] === '@libp2p/circuit-relay-v2-transport')
    if (!hasReservations(transport)) throw new Error('the transport for circuits is another than expected')
    return transport.reservationStore
  }
}

/**
 * Relays that keep their word. js-libp2p announces what it has a reservation for, also on a relay that has only just given it, or
 * that came by itself and brought a circuit.
 */
export class ProvenCircuitRelays {
  readonly #relays = new Set<string>()

  add(relay: string): void {
    this.#relays.add(relay)
  }

  delete(relay: string): void {
    this.#relays.delete(relay)
  }

  /** Others may be told of this address of the peer: it leads through a relay that keeps its word, or through none. */
  covers(address: Multiaddr): boolean {
    const relay = circuitRelayIn(address)
    return relay === undefined || this.#relays.has(relay)
  }
}

function hasReservations(transport: unknown): transport is { reservationStore: ReservationStore } {
  return typeof transport === 'object' && transport !== null && 'reservationStore' in transport
}
