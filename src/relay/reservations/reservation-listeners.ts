import { RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import type { Connection, Listener } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import { messageOf } from '../log.ts'
import type { Peer } from '../peer.ts'
import { raceSignal, pause, timeoutSignal } from '../timeouts.ts'
import { dialCircuitRelay } from './circuit-relay-dial.ts'
import { ReservationEnds } from './reservation-ends.ts'
import { ReservationError, failureOf, refusalOf } from './reservation-error.ts'
import { MIN_REMAINING_MS, proveReservation } from './reservation-proof.ts'

/**
 * Milliseconds between two renewals: half of what the reservation has left, within these bounds. The end of a
 * reservation is on the circuit relay's clock, which may be wrong. Circuit relays grant ten minutes or more.
 */
const SHORTEST_RENEWAL_MS = 30_000
const LONGEST_RENEWAL_MS = 300_000
/** Milliseconds for a circuit relay to renew a reservation. */
const RENEWAL_TIMEOUT_MS = 10_000
/** Milliseconds for a peer to accept a stream of the circuit relay protocol. */
const SERVES_TIMEOUT_MS = 4_000
/** Milliseconds for a circuit relay to show that it is alive. */
const CHECK_TIMEOUT_MS = 5_000

/** A reservation that a circuit relay has granted. */
export interface Reservation {
  /** The connection to the circuit relay. */
  connection: Connection
  /**
   * Keeps the reservation renewed. Resolves to the reason once it is lost, or when `stopping` is aborted.
   * Call it exactly once.
   */
  hold(stopping: AbortSignal): Promise<string>
}

/** A listener that holds a reservation. */
interface Held {
  connection: Connection
  listener: Listener
  /** Why the reservation is about to be lost, once that is known. */
  reason?: string
}

/**
 * Makes, renews and gives up reservations on circuit relays. Each is held by a listener of js-libp2p.
 *
 * Listeners are reused and never closed, because js-libp2p cancels all reservations when one listener closes.
 * Losing a reservation never closes a connection that carries anything else.
 */
export class ReservationListeners {
  readonly #peer: Peer
  /** Listeners without a reservation, for reuse. */
  readonly #free = new Set<Listener>()
  /** Listeners with a reservation, by the peer ID of the circuit relay. */
  readonly #held = new Map<string, Held>()
  /** Connections that were opened only for a reservation. They are closed with it. */
  readonly #opened = new WeakSet<Connection>()
  /** When each reservation was last granted or renewed, by both clocks. */
  readonly #renewed = new Map<string, readonly number[]>()
  readonly #ends = new ReservationEnds()

  constructor(peer: Peer) {
    this.#peer = peer
  }

  /**
   * Connects to a circuit relay, makes a reservation there and proves that it works.
   *
   * @param circuitRelay the circuit relay's peer ID
   * @throws ReservationError if there is no working reservation
   */
  async reserve(circuitRelay: string, addresses: Multiaddr[], signal: AbortSignal): Promise<Reservation> {
    const { connection, isNew } = await dialCircuitRelay(this.#peer, circuitRelay, addresses, signal)
    if (isNew) this.#opened.add(connection)
    await this.#checkServes(connection, signal)
    // js-libp2p never asks a peer again that once refused to serve circuits, but the peer may have been
    // starting up.
    this.#peer.reservations.forgetFailure(circuitRelay)

    const { listener, error } = await this.#listen(multiaddr(`/p2p/${circuitRelay}/p2p-circuit`))
    if (listener === undefined) throw refusalOf(error)
    this.#held.set(circuitRelay, { connection, listener })
    try {
      if (error !== undefined) throw refusalOf(error)
      checkAddresses(circuitRelay, listener)
      await this.#prove(circuitRelay, connection, signal)
      this.#peer.reservations.setProven(circuitRelay, true)
      // The addresses of an unproven reservation are not announced.
      this.#peer.reservations.announceAgain(listener)
    } catch (reason) {
      // js-libp2p may still hold the reservation, and would announce it.
      await this.giveUp(circuitRelay, messageOf(reason))
      this.#release(circuitRelay)
      throw reason
    }
    this.#renewed.set(circuitRelay, bothClocks())
    return { connection, hold: (stopping) => this.#hold(circuitRelay, connection, listener, stopping) }
  }

  /**
   * Gives up a reservation. Its connection is closed if it was opened for the reservation and carries nothing
   * else.
   */
  async giveUp(circuitRelay: string, reason: string): Promise<void> {
    const held = this.#held.get(circuitRelay)
    if (held === undefined) return
    held.reason ??= reason
    await this.#peer.reservations.forget(circuitRelay)
    if (this.#opened.has(held.connection)) this.#peer.release(held.connection, new Error(reason))
  }

  /** Checks that the circuit relay of a reservation is alive, and otherwise gives the reservation up. */
  async check(circuitRelay: string, stopping: AbortSignal): Promise<void> {
    const held = this.#held.get(circuitRelay)
    if (held === undefined || (await this.#peer.isAlive(held.connection, CHECK_TIMEOUT_MS, stopping))) return
    await this.#giveUpSilent(held.connection, 'the circuit relay does not answer')
  }

  /**
   * Renews a reservation, unless it was renewed a moment ago. Rejects if the circuit relay refuses; it is
   * lost then.
   */
  async renew(circuitRelay: string): Promise<void> {
    const renewed = this.#renewed.get(circuitRelay)
    const now = bothClocks()
    // Both clocks must agree: the monotonic clock may stop while the machine sleeps, and the wall clock may
    // be set.
    if (renewed?.every((ms, clock) => Math.abs((now[clock] ?? 0) - ms) < SHORTEST_RENEWAL_MS) === true) return
    this.#renewed.set(circuitRelay, now)
    await this.#peer.reservations.renew(circuitRelay)
  }

  /** Rejects unless the peer accepts a stream of the circuit relay protocol. */
  async #checkServes(connection: Connection, signal: AbortSignal): Promise<void> {
    const timeout = timeoutSignal(SERVES_TIMEOUT_MS)
    const noteSilence = this.#peer.silent.ask(connection)
    try {
      const stream = await connection.newStream(RELAY_V2_HOP_CODEC, {
        signal: AbortSignal.any([signal, timeout]),
      })
      stream.abort(new Error('this stream only checked that the protocol is served'))
    } catch (error) {
      if (timeout.aborted) {
        noteSilence()
        // An existing connection was used, and it is dead.
        if (this.#peer.silent.has(connection)) await this.#giveUpSilent(connection, 'it does not answer')
      }
      const isUnserved = error instanceof Error && error.name === 'UnsupportedProtocolError'
      throw failureOf(isUnserved ? 'no-relay' : 'unreachable', error, timeout)
    }
  }

  /** Listens on `address`. Also returns the listener if that fails, so that it can be reused. */
  async #listen(address: Multiaddr): Promise<{ listener: Listener | undefined; error: unknown }> {
    const [listener] = this.#free
    if (listener === undefined) return this.#peer.listen(address)
    this.#free.delete(listener)
    try {
      await listener.listen(address)
      return { listener, error: undefined }
    } catch (error) {
      return { listener, error }
    }
  }

  async #prove(circuitRelay: string, connection: Connection, signal: AbortSignal): Promise<void> {
    const { reservations } = this.#peer
    await proveReservation(reservations, connection, () => this.#remainingMs(circuitRelay), signal)
  }

  #remainingMs(circuitRelay: string): number {
    return this.#ends.remainingMs(circuitRelay, this.#peer.reservations.endMs(circuitRelay))
  }

  async #hold(
    circuitRelay: string,
    connection: Connection,
    listener: Listener,
    stopping: AbortSignal,
  ): Promise<string> {
    const watching = new AbortController()
    const signal = AbortSignal.any([stopping, watching.signal])
    const held = this.#held.get(circuitRelay)
    connection.addEventListener(
      'close',
      ({ error }) => {
        const reason = error === undefined ? 'the circuit relay closed the connection' : messageOf(error)
        if (held !== undefined) held.reason ??= reason
      },
      { signal: watching.signal },
    )
    void this.#renewRepeatedly(circuitRelay, connection, signal)
    await new Promise<void>((resolve) => {
      // When a reservation is lost, js-libp2p removes its listener's addresses, and then dispatches this
      // event.
      const check = (): void => {
        if (listener.getAddrs().length === 0 || stopping.aborted) resolve()
      }
      listener.addEventListener('listening', check, { signal: watching.signal })
      stopping.addEventListener('abort', check, { signal: watching.signal })
      check()
    })
    watching.abort()
    this.#release(circuitRelay)
    return held?.reason ?? 'its circuit relay did not renew it'
  }

  /** Renews a reservation until `signal` is aborted. A reservation that cannot be renewed is given up. */
  async #renewRepeatedly(circuitRelay: string, connection: Connection, signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await pause(renewalMs(this.#remainingMs(circuitRelay)), signal)
        // The reservation seems to have expired. If only a clock is wrong, the proof succeeds.
        if (this.#remainingMs(circuitRelay) < MIN_REMAINING_MS)
          await this.#prove(circuitRelay, connection, signal)
        await raceSignal(this.renew(circuitRelay), timeoutSignal(RENEWAL_TIMEOUT_MS))
      }
    } catch (error) {
      if (!signal.aborted) await this.giveUp(circuitRelay, messageOf(error))
    }
  }

  /**
   * Gives up a reservation whose connection is dead. Closes the connection too, unless it carries something
   * else.
   */
  async #giveUpSilent(connection: Connection, reason: string): Promise<void> {
    await this.giveUp(connection.remotePeer.toString(), reason)
    this.#peer.release(connection, new Error(reason))
  }

  /** Frees the listener of a reservation that is lost. */
  #release(circuitRelay: string): void {
    const held = this.#held.get(circuitRelay)
    if (held === undefined) return
    this.#held.delete(circuitRelay)
    this.#renewed.delete(circuitRelay)
    this.#ends.delete(circuitRelay)
    this.#peer.reservations.setProven(circuitRelay, false)
    this.#free.add(held.listener)
  }
}

/** Returns the milliseconds until the next renewal of a reservation that has `remainingMs` left. */
export function renewalMs(remainingMs: number): number {
  return Math.min(LONGEST_RENEWAL_MS, Math.max(SHORTEST_RENEWAL_MS, remainingMs / 2))
}

/** Returns the time in milliseconds by the wall clock and by the monotonic clock. */
function bothClocks(): readonly number[] {
  return [Date.now(), performance.now()]
}

/** Throws unless the circuit relay has given addresses of its own. */
function checkAddresses(circuitRelay: string, listener: Listener): void {
  const addresses = listener.getAddrs()
  if (addresses.length === 0) throw new ReservationError('no-address', 'it gave no address')
  const own = addresses.filter((address) =>
    address.getComponents().some(({ name, value }) => name === 'p2p' && value === circuitRelay),
  )
  if (own.length === 0) throw new ReservationError('untrue', 'it gave addresses of another peer')
}
