import type { Connection, Listener, PeerId, PeerStore, Transport } from '@libp2p/interface'
import { KEEP_ALIVE } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Multiaddr } from '@multiformats/multiaddr'
import { circuitRelayIn } from '../addresses/announced-addresses.ts'
import type { CircuitProbe, ProbeAnswer } from './circuit-probe.ts'

/** The tag of peers that js-libp2p stays connected to because they hold a reservation. */
const KEPT_FOR_RESERVATION = `${KEEP_ALIVE}-circuit-relay`

/** A reservation in js-libp2p's store. The timer renews it. */
interface StoredReservation {
  timeout: ReturnType<typeof setTimeout>
}

/** The parts of the reservation store that js-libp2p's circuit transport keeps private. */
interface ReservationStore extends EventTarget {
  reservations: { get(relay: PeerId): StoredReservation | undefined; delete(relay: PeerId): void }
  addRelay(relay: PeerId, type: 'configured'): Promise<unknown>
  /** Returns the stored object, not a copy. */
  getReservation(relay: PeerId): { expire: bigint } | undefined
  /** Peers that are never asked again. */
  relayFilter: { remove(item: Uint8Array): boolean }
}

/** What {@link CircuitReservations} needs. */
export interface CircuitReservationsInit {
  peerId: PeerId
  peerStore: PeerStore
  transports: () => Transport[]
  probe: CircuitProbe
}

/**
 * The reservations of this peer in js-libp2p's circuit transport. Circuit relays are named by their peer IDs.
 */
export class CircuitReservations {
  readonly #init: CircuitReservationsInit
  readonly #proven: ProvenCircuitRelays

  constructor(init: CircuitReservationsInit, proven: ProvenCircuitRelays) {
    this.#init = init
    this.#proven = proven
  }

  /** Lets js-libp2p ask a circuit relay again that it would never ask again after a failure. */
  forgetFailure(circuitRelay: string): void {
    this.#store.relayFilter.remove(peerIdFromString(circuitRelay).toMultihash().bytes)
  }

  /**
   * Gives up a reservation on this side, as js-libp2p does when the connection closes; here, the connection
   * stays open. The circuit relay isn't told, as the protocol has no message for it, and keeps the
   * reservation until it ends.
   */
  async forget(circuitRelay: string): Promise<void> {
    const id = peerIdFromString(circuitRelay)
    const { reservations } = this.#store
    const details = reservations.get(id)
    if (details === undefined) return
    clearTimeout(details.timeout)
    reservations.delete(id)
    this.#store.dispatchEvent(new CustomEvent('relay:removed', { detail: { relay: id, details } }))
    await this.#init.peerStore.merge(id, { tags: { [KEPT_FOR_RESERVATION]: undefined } })
  }

  /** Renews a reservation now. Rejects if the circuit relay refuses; the reservation is lost then. */
  async renew(circuitRelay: string): Promise<void> {
    const id = peerIdFromString(circuitRelay)
    const reservation = this.#store.getReservation(id)
    // js-libp2p sends no request while a reservation seems to have more than ten minutes left.
    if (reservation !== undefined) reservation.expire = 0n
    await this.#store.addRelay(id, 'configured')
  }

  /**
   * Returns when a reservation ends, as its circuit relay says, in milliseconds since 1970; 0 without a
   * reservation.
   */
  endMs(circuitRelay: string): number {
    return Number(this.#store.getReservation(peerIdFromString(circuitRelay))?.expire ?? 0n) * 1000
  }

  /**
   * Asks the circuit relay on a connection for a circuit to this peer itself. Rejects as {@link
   * CircuitProbe.ask}.
   */
  async probe(connection: Connection, signal: AbortSignal): Promise<ProbeAnswer> {
    const { probe, peerId } = this.#init
    return await probe.ask(connection, peerId, signal)
  }

  /** Sets whether a reservation is proven to work. Addresses of unproven ones are not announced. */
  setProven(circuitRelay: string, isProven: boolean): void {
    if (isProven) this.#proven.add(circuitRelay)
    else this.#proven.delete(circuitRelay)
  }

  /**
   * Makes js-libp2p announce this peer's addresses again, by the event of a listener that starts to listen.
   */
  announceAgain(listener: Listener): void {
    listener.dispatchEvent(new CustomEvent('listening'))
  }

  get #store(): ReservationStore {
    const transport = this.#init
      .transports()
      .find((one) => one[Symbol.toStringTag] === '@libp2p/circuit-relay-v2-transport')
    if (!hasReservations(transport))
      throw new Error('@libp2p/circuit-relay-v2 has changed: its transport has no reservationStore')
    return transport.reservationStore
  }
}

/**
 * The circuit relays whose reservations are proven to work.
 *
 * js-libp2p announces addresses for every reservation: also for one that is not proven yet, and for one it
 * made by itself because a circuit came in.
 */
export class ProvenCircuitRelays {
  readonly #ids = new Set<string>()

  add(circuitRelay: string): void {
    this.#ids.add(circuitRelay)
  }

  delete(circuitRelay: string): void {
    this.#ids.delete(circuitRelay)
  }

  /**
   * Returns whether an address of this peer may be announced: it goes through a proven circuit relay, or
   * through none.
   */
  covers(address: Multiaddr): boolean {
    const circuitRelay = circuitRelayIn(address)
    return circuitRelay === undefined || this.#ids.has(circuitRelay)
  }
}

function hasReservations(transport: unknown): transport is { reservationStore: ReservationStore } {
  return typeof transport === 'object' && transport !== null && 'reservationStore' in transport
}
