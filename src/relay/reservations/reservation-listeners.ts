import { RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import type { Connection, Listener } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import type { ProbeAnswer } from '../libp2p/circuit-probe.ts'
import { messageOf } from '../log.ts'
import { patiently, pause, timeoutSignal } from '../timeouts.ts'
import { hasOwnTransport } from '../addresses/address-kind.ts'
import type { Peer } from '../peer.ts'
import { ReservationError, failureOf, refusalOf } from './reservation-error.ts'

/**
 * Milliseconds that a reservation must have left, by this machine's clock, for its relay to be believed. One that says less is
 * asked to prove it: it lies, or one of the two clocks is wrong.
 */
const MIN_REMAINING_MS = 30_000
/**
 * Milliseconds after which a reservation is renewed, whatever its relay says of its end, which is of the relay's clock: half of
 * what seems to be left, within these. Relays give ten minutes and more.
 */
const SHORTEST_RENEWAL_MS = 30_000
const LONGEST_RENEWAL_MS = 300_000
/** Milliseconds for a relay to renew a reservation. */
const RENEWAL_TIMEOUT_MS = 10_000
/** Milliseconds to reach a relay, and for what it is asked first. */
const DIAL_TIMEOUT_MS = 4_000
/**
 * Milliseconds for a circuit from this peer to itself, which is asked for once more where the answer means nothing: a relay that has
 * not noticed yet that a former connection of this peer is dead may look for it there.
 */
const PROBE_TIMEOUT_MS = 4_000

/** Milliseconds that a relay has to answer when it is asked whether it is still there. */
const CHECK_TIMEOUT_MS = 5_000

/** A reservation that was given. */
export interface Reservation {
  connection: Connection
  /** Resolves when it is lost, with the reason, or when the signal says that nobody waits for it any more. */
  lost(signal: AbortSignal): Promise<string>
}

/** A listener that holds a reservation, and why it is about to be lost. */
interface Held {
  connection: Connection
  listener: Listener
  why?: string
}

/**
 * Reservations on circuit relays, by js-libp2p's listeners. A listener without a relay is used again for the next: the
 * transport's own way to close one would cancel the reservations of all.
 *
 * A reservation that fails, is lost or is given up never takes a connection with it that carries anything else.
 */
export class ReservationListeners {
  readonly #peer: Peer
  readonly #free = new Set<Listener>()
  readonly #inUse = new Map<string, Held>()
  /** Connections that were opened for a reservation. */
  readonly #opened = new WeakSet<Connection>()
  /** When each reservation was last given or renewed, by both clocks. */
  readonly #renewed = new Map<string, readonly number[]>()

  constructor(peer: Peer) {
    this.#peer = peer
  }

  /** Dials the relay and asks it for a reservation. Rejects with {@link ReservationError}. */
  async reserve(relay: string, addresses: Multiaddr[], signal: AbortSignal): Promise<Reservation> {
    const connection = await this.#dial(relay, addresses, signal)
    // js-libp2p never again asks a peer that once did not serve circuits; a relay that has just started may not do so yet.
    await this.#checkServes(connection, signal)

    this.#peer.reservations.forgetFailure(relay)

    const [free] = this.#free
    if (free !== undefined) this.#free.delete(free)
    const address = multiaddr(`/p2p/${relay}/p2p-circuit`)
    const { listener, error } = await this.#listen(address, free)
    if (listener === undefined) throw refusalOf(error)
    this.#inUse.set(relay, { connection, listener })
    try {
      if (error !== undefined) throw refusalOf(error)
      checkAddresses(relay, listener)
      await this.#prove(connection, signal)
      this.#peer.reservations.setProven(relay, true)
      // What it listens on is told anew.
      listener.dispatchEvent(new CustomEvent('listening'))
    } catch (reason) {
      // js-libp2p announces it all the same.
      await this.giveUp(relay, messageOf(reason))
      this.#release(relay)
      throw reason
    }
    this.#renewed.set(relay, bothClocks())
    return { connection, lost: (stopping) => this.#hold(relay, connection, listener, stopping) }
  }

  /** Gives a reservation up; its connection ends if it was opened for that and carries nothing else. */
  async giveUp(relay: string, why: string): Promise<void> {
    const held = this.#inUse.get(relay)
    if (held === undefined) return
    held.why ??= why
    await this.#peer.reservations.forget(relay)
    if (this.#opened.has(held.connection)) this.#peer.release(held.connection, new Error(why))
  }

  /** Asks the relay of a reservation whether it is there; a reservation whose relay does not answer is given up. */
  async check(relay: string, stopping: AbortSignal): Promise<void> {
    const held = this.#inUse.get(relay)
    if (held === undefined || (await this.#peer.isAlive(held.connection, CHECK_TIMEOUT_MS, stopping))) return
    await this.#giveUpSilent(held.connection, 'the relay does not answer')
  }

  /**
   * Renews a reservation, which may have ended while the machine slept, unless it was renewed just now. One that its relay does not
   * renew is lost.
   */
  async renew(relay: string): Promise<void> {
    const renewed = this.#renewed.get(relay)
    const now = bothClocks()
    // Asleep, the one may stand still; the other may be set.
    if (renewed?.every((ms, clock) => Math.abs((now[clock] ?? 0) - ms) < SHORTEST_RENEWAL_MS) === true) return
    this.#renewed.set(relay, now)
    await this.#peer.reservations.renew(relay)
  }

  async #dial(relay: string, addresses: Multiaddr[], signal: AbortSignal): Promise<Connection> {
    const patience = AbortSignal.any([signal, timeoutSignal(DIAL_TIMEOUT_MS)])
    const { libp2p, silent } = this.#peer
    const isOld = (one: Connection): boolean => !hasOwnTransport(one.remoteAddr) || silent.has(one)
    const before = new Set(libp2p.getConnections())
    let connection: Connection
    try {
      connection = await libp2p.dial(addresses, { signal: patience })
      // It stood, or somebody else's dial was joined, over a circuit or WebRTC: no relay gives a reservation there.
      if (isOld(connection)) connection = await libp2p.dial(addresses, { signal: patience, force: true })
    } catch (error) {
      throw failureOf('unreachable', error, patience)
    }
    if (connection.remotePeer.toString() !== relay)
      throw new ReservationError('unreachable', 'another peer answers there')
    if (isOld(connection)) throw new ReservationError('unreachable', 'it is reached in other ways only')
    if (!before.has(connection) && connection.direction === 'outbound') this.#opened.add(connection)
    return connection
  }

  async #checkServes(connection: Connection, signal: AbortSignal): Promise<void> {
    const timeout = timeoutSignal(DIAL_TIMEOUT_MS)
    const noteSilence = this.#peer.silent.ask(connection)
    try {
      const stream = await connection.newStream(RELAY_V2_HOP_CODEC, {
        signal: AbortSignal.any([signal, timeout]),
      })
      stream.abort(new Error('it was only asked for'))
    } catch (error) {
      if (timeout.aborted) {
        noteSilence()
        // It stood before, and nobody had noticed that it is dead.
        if (this.#peer.silent.has(connection)) await this.#giveUpSilent(connection, 'it does not answer')
      }
      const isUnserved = error instanceof Error && error.name === 'UnsupportedProtocolError'
      throw failureOf(isUnserved ? 'no-relay' : 'unreachable', error, timeout)
    }
  }

  async #listen(
    address: Multiaddr,
    free: Listener | undefined,
  ): Promise<{ listener: Listener | undefined; error: unknown }> {
    if (free === undefined) return this.#peer.listen(address)
    try {
      await free.listen(address)
      return { listener: free, error: undefined }
    } catch (error) {
      return { listener: free, error }
    }
  }

  /** Rejects unless the relay does what it has promised, as far as that can be found out. */
  async #prove(connection: Connection, stopping: AbortSignal): Promise<void> {
    const relay = connection.remotePeer.toString()
    const patience = timeoutSignal(PROBE_TIMEOUT_MS)
    const signal = AbortSignal.any([stopping, patience])
    let answer: ProbeAnswer
    try {
      answer = await this.#peer.reservations.probe(connection, signal)
      if (answer === 'unknown') answer = await this.#peer.reservations.probe(connection, signal)
    } catch (error) {
      if (!patience.aborted) throw error
      answer = 'no circuit'
    }
    switch (answer) {
      case 'works':
        return
      case 'no reservation':
        throw new ReservationError('untrue', 'it gave a reservation that it does not keep')
      case 'no circuit':
        throw new ReservationError('untrue', 'it gave a reservation and makes no circuits')
      case 'unknown':
        if (this.#remainingMs(relay) < MIN_REMAINING_MS)
          throw new ReservationError('untrue', 'it gave a reservation that ends at once')
        return
      default:
        answer satisfies never
    }
  }

  #remainingMs(relay: string): number {
    return this.#peer.reservations.endMs(relay) - Date.now()
  }

  /** Renews the reservation again and again, until it is lost. */
  async #hold(
    relay: string,
    connection: Connection,
    listener: Listener,
    stopping: AbortSignal,
  ): Promise<string> {
    const watching = new AbortController()
    const signal = AbortSignal.any([stopping, watching.signal])
    const held = this.#inUse.get(relay)
    connection.addEventListener(
      'close',
      ({ error }) => {
        const why = error === undefined ? 'the relay has ended the connection' : messageOf(error)
        if (held !== undefined) held.why ??= why
      },
      { signal: watching.signal },
    )
    void this.#renewals(relay, connection, signal)
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (listener.getAddrs().length === 0 || stopping.aborted) resolve()
      }
      listener.addEventListener('listening', check, { signal: watching.signal })
      stopping.addEventListener('abort', check, { signal: watching.signal })
      check()
    })
    watching.abort()
    this.#release(relay)
    return held?.why ?? 'its relay has not renewed it'
  }

  /** Ends when the signal is aborted; a relay that does not renew, or that has not kept what seemed to be over, is left. */
  async #renewals(relay: string, connection: Connection, signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await pause(renewalMs(this.#remainingMs(relay)), signal)
        // It may be the clock. Then the reservation stands.
        if (this.#remainingMs(relay) < MIN_REMAINING_MS) await this.#prove(connection, signal)
        await patiently(this.renew(relay), timeoutSignal(RENEWAL_TIMEOUT_MS))
      }
    } catch (error) {
      if (!signal.aborted) await this.giveUp(relay, messageOf(error))
    }
  }

  /** Ends a connection that gave no answer, unless it carries something: then the relay is dialled beside it. */
  async #giveUpSilent(connection: Connection, why: string): Promise<void> {
    await this.giveUp(connection.remotePeer.toString(), why)
    this.#peer.release(connection, new Error(why))
  }

  #release(relay: string): void {
    const held = this.#inUse.get(relay)
    if (held === undefined) return
    this.#inUse.delete(relay)
    this.#renewed.delete(relay)
    this.#peer.reservations.setProven(relay, false)
    this.#free.add(held.listener)
  }
}

/** Milliseconds to the renewal of a reservation that seems to have so many left. */
export function renewalMs(remainingMs: number): number {
  return Math.min(LONGEST_RENEWAL_MS, Math.max(SHORTEST_RENEWAL_MS, remainingMs / 2))
}

/** Milliseconds, of the clock that tells the time of day and of the one that only counts. */
function bothClocks(): readonly number[] {
  return [Date.now(), performance.now()]
}

function checkAddresses(relay: string, listener: Listener): void {
  const addresses = listener.getAddrs()
  if (addresses.length === 0) throw new ReservationError('no-address', 'it gave no address')
  const own = addresses.filter((address) =>
    address.getComponents().some(({ name, value }) => name === 'p2p' && value === relay),
  )
  if (own.length === 0) throw new ReservationError('untrue', 'it gave addresses of somebody else')
}
