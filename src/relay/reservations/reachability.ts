import { RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import type { HostStatus, RelayError, ReservationStatus } from '../../status/index.ts'
import type { Reservation } from './reservation-listeners.ts'
import { ReservationListeners } from './reservation-listeners.ts'
import { ClockWatch } from './clock-watch.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import type { NetworkConfig } from '../network-config.ts'
import { hasOwnTransport } from '../addresses/address-kind.ts'
import { timeoutSignal } from '../timeouts.ts'
import { addressesByPeer } from '../addresses/by-peer.ts'
import type { Peer } from '../peer.ts'
import { MAX_RESERVATION_ATTEMPTS } from '../peer.ts'
import type { CircuitRelayCandidate, CircuitRelaySource } from './circuit-relay-candidates.ts'
import { CircuitRelayCandidates, rankOf, statusOf } from './circuit-relay-candidates.ts'
import { CircuitRelayRecord } from './circuit-relay-record.ts'
import { BETTER_CIRCUIT_RELAY_INTERVAL_MS, isUnproven, nextRetryMs, retryAtMs } from './retry.ts'
import { CircuitRelaySearch } from './circuit-relay-search.ts'
import type { CircuitRelayStore } from './circuit-relay-store.ts'
import { ReservationError } from './reservation-error.ts'

/** Milliseconds for one attempt to reach a relay, to get its reservation, and to see that it works. */
const ATTEMPT_TIMEOUT_MS = 10_000
/** Milliseconds after which an attempt is not waited for: the next candidate is tried beside it. */
const SLOW_ATTEMPT_MS = 1_500
/** Milliseconds between two looks at the relays that hold a reservation, as others reach this peer only while these are there. */
const LOOK_MS = 10_000
/** Milliseconds that a reservation must have stood for its loss to be a first failure, and not one in a row. */
const STEADY_MS = 15_000

/** What {@link Reachability} needs. */
export interface ReachabilityComponents {
  peer: Peer
  log: Log
  /** Asks anew how others are found: a relay may have moved. */
  readNetwork: () => Promise<NetworkConfig>
  /** Where relays that served are kept; without it, nowhere. */
  store?: CircuitRelayStore
  /** Called when a reservation is made or lost. */
  changed?: () => void
}

/**
 * Keeps a peer dialable: it holds as many reservations as are wanted on the best relays that are known, replaces what is
 * lost, and looks for more where they do not suffice.
 *
 * js-libp2p makes a reservation and renews it, and forgets it when the relay has gone. Everything else is done here.
 */
export class Reachability {
  readonly #components: ReachabilityComponents
  readonly #candidates = new CircuitRelayCandidates()
  readonly #listeners: ReservationListeners
  readonly #stopping = new AbortController()
  readonly #clock: ClockWatch
  readonly #record: CircuitRelayRecord
  readonly #search: CircuitRelaySearch
  /** Attempts that are waited for: a slow one is not, and the next candidate is tried. */
  readonly #attempts = new Set<CircuitRelayCandidate>()
  readonly #waiters = new Set<() => void>()
  #running = 0
  #wanted: number
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #looks: ReturnType<typeof setInterval>
  #isReadingNetwork = false
  #topology: Promise<string> | undefined
  #clockJump: HostStatus['clockJump']

  constructor(components: ReachabilityComponents, network: NetworkConfig) {
    this.#components = components
    this.#listeners = new ReservationListeners(components.peer)
    this.#record = new CircuitRelayRecord(components.store, components.log)
    this.#search = new CircuitRelaySearch({
      peer: components.peer,
      log: components.log,
      stopping: this.#stopping.signal,
      found: (relay, addresses) => this.#offer(relay, 'found', addresses),
      ended: () => this.#schedule(),
    })
    this.#wanted = network.reservations
    this.#offerNamed(network)
    this.#clock = new ClockWatch((byMs) => {
      this.#clockJump = { noticedMs: Date.now(), byMs }
      this.retry()
    })
    this.#looks = setInterval(() => {
      for (const candidate of this.#held()) void this.#check(candidate)
    }, LOOK_MS)
    void this.#start()
  }

  /** Every relay that is known, and how it stands with it. */
  get relays(): ReservationStatus[] {
    const nowMs = Date.now()
    return [...this.#candidates].map((candidate) =>
      statusOf(candidate, nowMs, this.#components.peer.reservations.endMs(candidate.relay)),
    )
  }

  /** The last time that the clock was seen to jump. */
  get clockJump(): HostStatus['clockJump'] {
    return this.#clockJump
  }

  /** Reservations that are wanted. */
  get wanted(): number {
    return this.#wanted
  }

  /** The network is back, the machine has woken up, somebody looks: everything is checked, and tried, at once. */
  retry(): void {
    for (const candidate of this.#candidates) {
      if (candidate.state.kind === 'held') void this.#check(candidate, true)
      else if (!isUnproven(candidate)) candidate.notBeforeMs = 0
    }
    this.#search.hurry()
    this.#schedule()
  }

  /** Resolves when a reservation is held, when there is no relay to wait for, or after `timeoutMs`. */
  async dialable(timeoutMs: number): Promise<void> {
    if ([...this.#candidates].length === 0 || this.#held().length > 0) return
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

  /** Lets go of everything; the peer stops after it. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the peer stops'))
    this.#clock.stop()
    clearTimeout(this.#timer)
    clearInterval(this.#looks)
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
    for (const [relay, addresses] of await this.#record.load()) this.#offer(relay, 'kept', addresses)
  }

  #offer(relay: string, source: CircuitRelaySource, addresses: Multiaddr[]): void {
    const usable = addresses.filter(hasOwnTransport)
    if (relay === this.#components.peer.id || usable.length === 0) return
    this.#candidates.offer(relay, source, usable)
    this.#schedule()
  }

  #offerNamed(network: NetworkConfig): void {
    const named = addressesByPeer(network.relays)
    named.delete(this.#components.peer.id)
    this.#candidates.retainNamed(new Set(named.keys()))
    for (const [relay, addresses] of named) this.#candidates.offer(relay, 'named', addresses)
    this.#wanted = network.reservations
  }

  #held(): CircuitRelayCandidate[] {
    return [...this.#candidates].filter(({ state }) => state.kind === 'held')
  }

  /** Starts what is to be started now, and comes again when the next thing is. */
  #schedule(): void {
    if (this.#stopping.signal.aborted) return
    clearTimeout(this.#timer)
    const nowMs = Date.now()
    while (this.#running < MAX_RESERVATION_ATTEMPTS) {
      const held = this.#held()
      const candidate = this.#candidates.best(nowMs)
      if (candidate === undefined) break
      const isShort = held.length + this.#attempts.size < this.#wanted
      const isBetter =
        this.#attempts.size === 0 && held.some(({ source }) => rankOf(source) > rankOf(candidate.source))
      if (!isShort && !isBetter) break
      void this.#attempt(candidate)
    }
    if (this.#held().length + this.#attempts.size < this.#wanted) this.#search.begin(nowMs)
    const nextMs = this.#nextMs(nowMs)
    if (nextMs !== undefined) this.#timer = setTimeout(() => this.#schedule(), Math.max(1, nextMs - nowMs))
  }

  /** When a candidate that waits, or a search, is due. */
  #nextMs(nowMs: number): number | undefined {
    const retryMs = nextRetryMs(this.#candidates, nowMs)
    const { dueMs } = this.#search
    if (this.#held().length >= this.#wanted || dueMs === undefined || dueMs <= nowMs) return retryMs
    return Math.min(dueMs, retryMs ?? Infinity)
  }

  async #attempt(candidate: CircuitRelayCandidate): Promise<void> {
    const { log } = this.#components
    const { relay } = candidate
    const triedMs = Date.now()
    candidate.state = { kind: 'trying', sinceMs: triedMs }
    candidate.triedMs = triedMs
    this.#attempts.add(candidate)
    this.#running += 1
    const slow = setTimeout(() => {
      this.#attempts.delete(candidate)
      this.#schedule()
    }, SLOW_ATTEMPT_MS)
    let reservation: Reservation | undefined
    let failure: Pick<RelayError, 'kind' | 'message'> = { kind: 'unreachable', message: '' }
    try {
      const timeout = timeoutSignal(ATTEMPT_TIMEOUT_MS)
      const signal = AbortSignal.any([this.#stopping.signal, timeout])
      reservation = await this.#listeners.reserve(relay, candidate.addresses, signal)
    } catch (error) {
      failure = failureOf(error)
    }
    candidate.tookMs = Date.now() - triedMs
    clearTimeout(slow)
    this.#attempts.delete(candidate)
    this.#running -= 1
    if (this.#stopping.signal.aborted) return
    if (reservation === undefined) {
      this.#failed(candidate, failure)
    } else {
      if (candidate.failures > 1) log('warn', `relay ${relay} can be used again`)
      const sinceMs = Date.now()
      candidate.state = { kind: 'held', sinceMs }
      this.#search.calm()
      this.#keep(candidate, reservation)
      this.#components.changed?.()
      for (const done of this.#waiters) done()
      void reservation.lost(this.#stopping.signal).then((why) => {
        if (this.#stopping.signal.aborted) return
        if (Date.now() - sinceMs > STEADY_MS) candidate.failures = 0
        this.#failed(candidate, { kind: 'lost', message: `the reservation is lost: ${why}` })
        this.#components.changed?.()
      })
      this.#giveUpSurplus()
    }
    this.#schedule()
  }

  #failed(candidate: CircuitRelayCandidate, { kind, message }: Pick<RelayError, 'kind' | 'message'>): void {
    const { relay, source } = candidate
    candidate.failures += 1
    candidate.lastError = { atMs: Date.now(), kind, message }
    const { failures } = candidate
    // The first attempt after a loss often comes too soon, and those after the second would only say it again.
    const level = failures === 2 && source === 'named' ? 'warn' : 'debug'
    this.#components.log(level, `relay ${relay} cannot be used: ${message}`)
    if (source === 'found' && failures > 1) {
      this.#candidates.delete(relay)
    } else {
      candidate.state = { kind: 'waiting', failures, retryMs: Date.now() }
      candidate.notBeforeMs = retryAtMs(candidate, this.#held().length < this.#wanted, Date.now())
    }
    // Twice in a row: it may be somewhere else by now.
    if (source === 'named' && failures > 1) void this.#readNetwork()
    this.#schedule()
  }

  /** Asks a relay that is held whether it is there, and, where that may be due, to renew: what does not answer is lost. */
  async #check(candidate: CircuitRelayCandidate, renews = false): Promise<void> {
    const { signal } = this.#stopping
    try {
      await this.#listeners.check(candidate.relay, signal)
      if (renews && candidate.state.kind === 'held') await this.#listeners.renew(candidate.relay)
    } catch (error) {
      if (!signal.aborted) await this.#listeners.giveUp(candidate.relay, messageOf(error))
    }
  }

  /** Ends the reservation of the worst source where there are too many, unless a circuit goes through it. */
  #giveUpSurplus(): void {
    const held = this.#held()
    if (held.length <= this.#wanted) return
    const { peer } = this.#components
    const [worst] = held.toSorted((one, other) => rankOf(other.source) - rankOf(one.source))
    if (worst === undefined || peer.hasCircuitThrough(worst.relay)) return
    worst.notBeforeMs = Date.now() + BETTER_CIRCUIT_RELAY_INTERVAL_MS
    void this.#listeners.giveUp(worst.relay, 'a better relay has taken its place')
  }

  #keep({ relay, addresses }: CircuitRelayCandidate, { connection }: Reservation): void {
    const dialled = connection.direction === 'outbound' ? [connection.remoteAddr] : []
    this.#record.keep(relay, [...dialled, ...addresses])
  }

  async #readNetwork(): Promise<void> {
    if (this.#isReadingNetwork || this.#stopping.signal.aborted) return
    this.#isReadingNetwork = true
    const network = await this.#components.readNetwork()
    this.#isReadingNetwork = false
    // A file that cannot be read now is no reason to give up what it said before.
    if (network.relays.length === 0 || this.#stopping.signal.aborted) return
    this.#offerNamed(network)
    this.#schedule()
  }
}

function failureOf(error: unknown): Pick<RelayError, 'kind' | 'message'> {
  const kind = error instanceof ReservationError ? error.kind : 'unreachable'
  return { kind, message: messageOf(error).split('\n')[0] ?? '' }
}
