import { RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import type { HostStatus, ReservationStatus } from '../../status/index.ts'
import { hasOwnTransport } from '../addresses/address-kind.ts'
import { addressesByPeer } from '../addresses/by-peer.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import type { NetworkConfig } from '../network-config.ts'
import type { Peer } from '../peer.ts'
import type { CircuitRelayCandidate, CircuitRelaySource } from './circuit-relay-candidates.ts'
import { CircuitRelayCandidates, trustRankOf, statusOf } from './circuit-relay-candidates.ts'
import { CircuitRelayRecord } from './circuit-relay-record.ts'
import { CircuitRelaySearch } from './circuit-relay-search.ts'
import type { CircuitRelayStore } from './circuit-relay-store.ts'
import { ClockWatch } from './clock-watch.ts'
import type { AttemptFailure } from './reservation-attempts.ts'
import { ReservationAttempts } from './reservation-attempts.ts'
import type { Reservation } from './reservation-listeners.ts'
import { ReservationListeners } from './reservation-listeners.ts'
import { BETTER_CIRCUIT_RELAY_INTERVAL_MS, isUnproven, nextRetryMs, retryAtMs } from './retry.ts'

/**
 * Milliseconds between two checks that the circuit relays are alive. Without them, nobody can dial this peer.
 */
const CHECK_INTERVAL_MS = 10_000
/**
 * Milliseconds after which a reservation counts as a success, which resets the failures of its circuit relay.
 */
const STEADY_MS = 15_000

/** What {@link Reachability} needs. */
export interface ReachabilityComponents {
  peer: Peer
  log: Log
  /** Reads the network configuration again, as a circuit relay may have moved. */
  readNetwork: () => Promise<NetworkConfig>
  /** Stores the circuit relays that have served. Default: they are forgotten when the peer stops. */
  store?: CircuitRelayStore
  /** Called when a reservation is made or lost. */
  changed?: () => void
}

/**
 * Keeps a peer dialable: it holds as many reservations as are wanted on the most trusted circuit relays,
 * replaces lost ones and searches for more circuit relays if there are too few.
 *
 * js-libp2p makes and renews a reservation, and forgets it when the circuit relay disconnects. The rest is
 * done here.
 */
export class Reachability {
  readonly #components: ReachabilityComponents
  readonly #candidates = new CircuitRelayCandidates()
  readonly #listeners: ReservationListeners
  readonly #stopping = new AbortController()
  readonly #clock: ClockWatch
  readonly #record: CircuitRelayRecord
  readonly #search: CircuitRelaySearch
  readonly #attempts: ReservationAttempts
  readonly #waiters = new Set<() => void>()
  #wanted: number
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #checks: ReturnType<typeof setInterval>
  #isReadingNetwork = false
  #topology: Promise<string> | undefined
  #clockJump: HostStatus['clockJump']

  constructor(components: ReachabilityComponents, network: NetworkConfig) {
    this.#components = components
    this.#listeners = new ReservationListeners(components.peer)
    this.#attempts = new ReservationAttempts({
      listeners: this.#listeners,
      stopping: this.#stopping.signal,
      slowed: () => this.#schedule(),
    })
    this.#record = new CircuitRelayRecord(components.store, components.log)
    this.#search = new CircuitRelaySearch({
      peer: components.peer,
      log: components.log,
      stopping: this.#stopping.signal,
      found: (id, addresses) => this.#offer(id, 'found', addresses),
      ended: () => this.#schedule(),
    })
    this.#wanted = network.reservations
    this.#offerNamed(network)
    this.#clock = new ClockWatch((byMs) => {
      this.#clockJump = { noticedMs: Date.now(), byMs }
      this.retry()
    })
    this.#checks = setInterval(() => {
      for (const candidate of this.#candidates.held) void this.#check(candidate)
    }, CHECK_INTERVAL_MS)
    void this.#start()
  }

  /** All known circuit relays, as in the status. */
  get circuitRelays(): ReservationStatus[] {
    const { reservations } = this.#components.peer
    return [...this.#candidates].map((candidate) => statusOf(candidate, reservations.endMs(candidate.id)))
  }

  /** The last jump of the clock that was noticed. */
  get clockJump(): HostStatus['clockJump'] {
    return this.#clockJump
  }

  /** The number of reservations that are wanted. */
  get wanted(): number {
    return this.#wanted
  }

  /**
   * Checks and renews all reservations, and tries the waiting candidates immediately. Call it when the
   * network is back, the machine has woken up or the user looks.
   */
  retry(): void {
    for (const candidate of this.#candidates) {
      if (candidate.state.kind === 'held') void this.#check(candidate, true)
      else if (!isUnproven(candidate)) candidate.notBeforeMs = 0
    }
    this.#search.allowNow()
    this.#schedule()
  }

  /**
   * Resolves when a reservation is held, immediately if no circuit relay is known, and after `timeoutMs` at
   * the latest.
   */
  async waitUntilDialable(timeoutMs: number): Promise<void> {
    if (this.#candidates.size === 0 || this.#candidates.held.length > 0) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#waiters.delete(done)
        resolve()
      }
      const timer = setTimeout(done, timeoutMs)
      this.#waiters.add(done)
    })
  }

  /** Stops all work. Call it before the peer stops, which ends the reservations. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the peer is stopping'))
    this.#clock.stop()
    clearTimeout(this.#timer)
    clearInterval(this.#checks)
    for (const done of this.#waiters) done()
    const topology = await this.#topology
    if (topology !== undefined) this.#components.peer.libp2p.unregister(topology)
  }

  async #start(): Promise<void> {
    const { peer } = this.#components
    this.#schedule()
    this.#topology = peer.libp2p.register(RELAY_V2_HOP_CODEC, {
      onConnect: (id, connection) => {
        if (!hasOwnTransport(connection.remoteAddr)) return
        const address = connection.direction === 'outbound' ? connection.remoteAddr : undefined
        this.#offer(id.toString(), 'connected', [address ?? multiaddr(`/p2p/${id.toString()}`)])
      },
    })
    for (const [id, addresses] of await this.#record.load()) this.#offer(id, 'kept', addresses)
  }

  #offer(id: string, source: CircuitRelaySource, addresses: Multiaddr[]): void {
    const usable = addresses.filter(hasOwnTransport)
    if (id === this.#components.peer.id || usable.length === 0) return
    this.#candidates.offer(id, source, usable)
    this.#schedule()
  }

  #offerNamed(network: NetworkConfig): void {
    const named = addressesByPeer(network.relays)
    named.delete(this.#components.peer.id)
    this.#candidates.retainNamed(new Set(named.keys()))
    for (const [id, addresses] of named) this.#candidates.offer(id, 'named', addresses)
    this.#wanted = network.reservations
  }

  /** Whether there are too few reservations, even if all attempts that are not slow yet succeed. */
  get #isShort(): boolean {
    return this.#candidates.held.length + this.#attempts.promptCount < this.#wanted
  }

  /** Starts the attempts and the search that are due, and sets the timer for the next ones. */
  #schedule(): void {
    if (this.#stopping.signal.aborted) return
    clearTimeout(this.#timer)
    const nowMs = performance.now()
    while (!this.#attempts.isFull) {
      const candidate = this.#candidates.best(nowMs)
      if (candidate === undefined) break
      const worst = this.#candidates.leastTrustedHeld
      const isBetter = worst !== undefined && trustRankOf(worst.source) > trustRankOf(candidate.source)
      if (!this.#isShort && !(isBetter && this.#attempts.promptCount === 0)) break
      void this.#attempt(candidate)
    }
    if (this.#isShort) this.#search.startIfDue(nowMs)
    const nextMs = this.#nextMs(nowMs)
    if (nextMs !== undefined) this.#timer = setTimeout(() => this.#schedule(), Math.max(1, nextMs - nowMs))
  }

  /** Returns when the next candidate or search is due, on the clock of `performance.now()`. */
  #nextMs(nowMs: number): number | undefined {
    const retryMs = nextRetryMs(this.#candidates, nowMs)
    const { dueMs } = this.#search
    if (this.#candidates.held.length >= this.#wanted || dueMs === undefined || dueMs <= nowMs) return retryMs
    return Math.min(dueMs, retryMs ?? Infinity)
  }

  async #attempt(candidate: CircuitRelayCandidate): Promise<void> {
    const outcome = await this.#attempts.run(candidate)
    if (this.#stopping.signal.aborted) return
    if ('failure' in outcome) this.#noteFailure(candidate, outcome.failure)
    else this.#noteSuccess(candidate, outcome.reservation)
    this.#schedule()
  }

  #noteSuccess(candidate: CircuitRelayCandidate, reservation: Reservation): void {
    const { changed, log } = this.#components
    if (candidate.failures > 1) log('warn', `the circuit relay ${candidate.id} can be used again`)
    candidate.state = { kind: 'held', sinceMs: Date.now() }
    this.#search.resetInterval()
    const { connection } = reservation
    const dialled = connection.direction === 'outbound' ? [connection.remoteAddr] : []
    this.#record.keep(candidate.id, [...dialled, ...candidate.addresses])
    changed?.()
    for (const done of this.#waiters) done()
    void this.#hold(candidate, reservation)
    this.#giveUpSurplus()
  }

  async #hold(candidate: CircuitRelayCandidate, reservation: Reservation): Promise<void> {
    const { signal } = this.#stopping
    const sinceMs = performance.now()
    const reason = await reservation.hold(signal)
    if (signal.aborted) return
    if (performance.now() - sinceMs > STEADY_MS) candidate.failures = 0
    this.#noteFailure(candidate, { kind: 'lost', message: `the reservation is lost: ${reason}` })
    this.#components.changed?.()
  }

  #noteFailure(candidate: CircuitRelayCandidate, { kind, message }: AttemptFailure): void {
    const { id, source } = candidate
    candidate.failures += 1
    candidate.lastError = { atMs: Date.now(), kind, message }
    const { failures } = candidate
    // Warn only once, and not after the first failure: the first attempt after a loss often comes too soon.
    const level = failures === 2 && source === 'named' ? 'warn' : 'debug'
    this.#components.log(level, `the circuit relay ${id} cannot be used: ${message}`)
    if (source === 'found' && failures > 1) {
      this.#candidates.delete(id)
    } else {
      candidate.state = { kind: 'waiting', failures, retryMs: Date.now() }
      const isShort = this.#candidates.held.length < this.#wanted
      candidate.notBeforeMs = retryAtMs(candidate, isShort, performance.now())
    }
    // After two failures in a row, the circuit relay may have moved.
    if (source === 'named' && failures > 1) void this.#readNetwork()
    this.#schedule()
  }

  /**
   * Checks that a circuit relay is alive, and renews its reservation if `renews`. It is given up if that
   * fails.
   */
  async #check(candidate: CircuitRelayCandidate, renews = false): Promise<void> {
    const { id } = candidate
    const { signal } = this.#stopping
    try {
      await this.#listeners.check(id, signal)
      if (renews && candidate.state.kind === 'held') await this.#listeners.renew(id)
    } catch (error) {
      if (!signal.aborted) await this.#listeners.giveUp(id, messageOf(error))
    }
  }

  /**
   * Gives up the reservation from the least trusted source if there are too many, unless a circuit uses it.
   */
  #giveUpSurplus(): void {
    if (this.#candidates.held.length <= this.#wanted) return
    const worst = this.#candidates.leastTrustedHeld
    if (worst === undefined || this.#components.peer.hasCircuitThrough(worst.id)) return
    worst.notBeforeMs = performance.now() + BETTER_CIRCUIT_RELAY_INTERVAL_MS
    void this.#listeners.giveUp(worst.id, 'a more trusted circuit relay has replaced it')
  }

  async #readNetwork(): Promise<void> {
    if (this.#isReadingNetwork || this.#stopping.signal.aborted) return
    this.#isReadingNetwork = true
    const network = await this.#components.readNetwork()
    this.#isReadingNetwork = false
    // If the file cannot be read now, its last content stays in force.
    if (network.relays.length === 0) return
    this.#offerNamed(network)
    this.#schedule()
  }
}
