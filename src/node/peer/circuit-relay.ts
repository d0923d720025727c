import type { CircuitRelayServerComponents } from '@libp2p/circuit-relay-v2'
import type { Connection, Libp2pEvents, Startable, TypedEventTarget } from '@libp2p/interface'
import { hasOwnTransport } from '../../relay/index.ts'
import type { CircuitRelayServiceStatus } from '../../status/index.ts'
import { CircuitShares } from './circuit-shares.ts'
import type { AnnouncedLimit } from './libp2p/announced-limit.ts'
import type { CircuitStreams } from './libp2p/hop-server.ts'
import { createHopServer } from './libp2p/hop-server.ts'
import type { CircuitRelayLimits } from './circuit-relay-limits.ts'
import { RESERVATION_TTL_MS } from './circuit-relay-limits.ts'
import { ReservationBook } from './reservation-book.ts'

/** The components of js-libp2p that this service uses. */
export type CircuitRelayComponents = CircuitRelayServerComponents & {
  events: TypedEventTarget<Libp2pEvents>
}

/**
 * A circuit relay for others: js-libp2p's server, with reservations that are freed when their peer leaves, a
 * limit of reservations per address, and a limit of circuits.
 */
export class CircuitRelay implements Startable {
  readonly [Symbol.toStringTag] = 'libp2p-websocket-circuit-relay'
  readonly #components: CircuitRelayComponents
  readonly #limits: CircuitRelayLimits
  readonly #book: ReservationBook
  readonly #shares: CircuitShares
  readonly #server: Startable
  #pending = 0
  #circuits = 0
  #opened = 0
  #refused = 0
  #bytes = 0
  #life: AbortController | undefined

  /** `announced` is the limit of a circuit that other peers are told. */
  constructor(
    components: CircuitRelayComponents,
    limits: CircuitRelayLimits,
    announced: AnnouncedLimit | undefined,
    ttlMs: number = RESERVATION_TTL_MS,
  ) {
    this.#components = components
    this.#limits = limits
    this.#book = new ReservationBook(limits, ttlMs)
    this.#shares = new CircuitShares(limits.circuits)
    this.#server = createHopServer(components, {
      reservations: this.#book,
      maxCircuits: limits.circuits,
      announced,
      admit: (from, to) => this.#admit(from, to),
      choose: (proposed) => this.#newest(proposed),
    })
  }

  /** How much of its limits is used, and what it has done since it started. */
  get status(): CircuitRelayServiceStatus {
    const { full, address } = this.#book.refused
    return {
      reservations: this.#book.size,
      maxReservations: this.#limits.reservations,
      refusedFull: full,
      refusedAddress: address,
      circuits: this.#circuits,
      maxCircuits: this.#limits.circuits,
      openedCircuits: this.#opened,
      refusedCircuits: this.#refused,
      carriedBytes: this.#bytes,
    }
  }

  async start(): Promise<void> {
    this.#life = new AbortController()
    this.#components.events.addEventListener(
      'connection:close',
      ({ detail: connection }) => this.#closed(connection),
      { signal: this.#life.signal },
    )
    await this.#server.start()
  }

  async stop(): Promise<void> {
    this.#life?.abort()
    await this.#server.stop()
  }

  /** A reservation stays valid while its peer has any connection of its own, not through a circuit. */
  #closed(connection: Connection): void {
    const { remotePeer } = connection
    const isHere = this.#components.connectionManager
      .getConnections(remotePeer)
      .some((one) => one.id !== connection.id && isToReserver(one))
    if (!isHere) this.#book.removeReservation(remotePeer)
  }

  #admit(from: string, to: string): ((circuit: CircuitStreams | undefined) => void) | undefined {
    const isFull = this.#circuits + this.#pending >= this.#limits.circuits
    const giveBack = isFull ? undefined : this.#shares.take(from, to)
    if (giveBack === undefined) {
      this.#refused += 1
      return undefined
    }
    this.#pending += 1
    return (circuit) => {
      this.#pending -= 1
      if (circuit === undefined || !this.#count(circuit, giveBack)) giveBack()
    }
  }

  /**
   * Returns the peer's newest usable connection: its oldest may be closing, a circuit, or a WebRTC
   * connection.
   */
  #newest(proposed: Connection): Connection {
    const [newest] = this.#components.connectionManager
      .getConnections(proposed.remotePeer)
      .filter(isToReserver)
      .toSorted((one, other) => other.timeline.open - one.timeline.open)
    return newest ?? proposed
  }

  /** Counts a circuit until it ends. Returns whether it is still open. */
  #count({ dialer, listener }: CircuitStreams, ended: () => void): boolean {
    this.#opened += 1
    if (listener.status !== 'open') return false
    this.#circuits += 1
    const end = (): void => {
      this.#circuits -= 1
      ended()
    }
    listener.addEventListener('close', end, { once: true })
    for (const stream of [dialer, listener]) {
      stream.addEventListener('message', ({ data }) => (this.#bytes += data.byteLength))
    }
    return true
  }
}

/** Whether a peer can hold a reservation on this connection, which must not run through a circuit. */
function isToReserver({ status, remoteAddr }: Connection): boolean {
  return status === 'open' && hasOwnTransport(remoteAddr)
}
