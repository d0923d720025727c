import type { Multiaddr } from '@multiformats/multiaddr'
import type { ReservationFailure, ReservationState, ReservationStatus } from '../../status/index.ts'
import { localWebSockets } from '../addresses/local-space.ts'

/** Where circuit relays are known from, the most trusted source first. Candidates are tried in this order. */
export const CIRCUIT_RELAY_SOURCES = ['named', 'kept', 'connected', 'found'] as const

/**
 * Where a circuit relay is known from. `named`: `/network.json` or the user. `kept`: it served this peer
 * before. `connected`: this peer is connected to it, and it offers to serve circuits. `found`: a search of
 * the network.
 */
export type CircuitRelaySource = (typeof CIRCUIT_RELAY_SOURCES)[number]

/**
 * A circuit relay that this peer could hold a reservation on. Fields in `…Ms` are on the clock of
 * `performance.now()`.
 */
export interface CircuitRelayCandidate {
  /** The circuit relay's peer ID. */
  readonly id: string
  source: CircuitRelaySource
  /** The addresses to dial, each ending in the circuit relay's `/p2p/…`. */
  addresses: Multiaddr[]
  /** As in the status, so its moments are times of day. `retryMs` is computed in {@link statusOf}. */
  state: ReservationState
  /** The candidate is not tried before this moment. */
  notBeforeMs: number
  /** Failed attempts in a row, including reservations that were lost soon after they were made. */
  failures: number
  /** When the last attempt began. Undefined before the first attempt. */
  triedMs: number | undefined
  /** How long the last attempt took. Undefined until the first attempt ends. */
  tookMs: number | undefined
  /** The last error. It stays after a success. */
  lastError: ReservationFailure | undefined
}

/** The names of the sources in the status. */
const FROM: Readonly<Record<CircuitRelaySource, ReservationStatus['from']>> = {
  named: 'network',
  kept: 'record',
  connected: 'connected',
  found: 'routing',
}

/**
 * Describes a candidate for the status.
 *
 * @param expiresMs when its reservation ends, in milliseconds since 1970; 0 if it holds none or it has no end
 */
export function statusOf(candidate: CircuitRelayCandidate, expiresMs: number): ReservationStatus {
  const { id, source, addresses, state, triedMs, lastError } = candidate
  const tookMs =
    state.kind === 'trying' && triedMs !== undefined ? performance.now() - triedMs : candidate.tookMs
  return {
    relay: id,
    addresses: addresses.map((address) => address.toString()),
    // Strangers announce arbitrary addresses, so the user is asked for permission only for named circuit
    // relays.
    local: source === 'named' ? localWebSockets(addresses) : [],
    from: FROM[source],
    state: stateOf(candidate, expiresMs),
    ...(tookMs === undefined ? {} : { tookMs: Math.round(tookMs) }),
    ...(lastError === undefined ? {} : { lastError }),
  }
}

function stateOf({ state, notBeforeMs }: CircuitRelayCandidate, expiresMs: number): ReservationState {
  switch (state.kind) {
    case 'held':
      return expiresMs > 0 ? { ...state, expiresMs } : state
    case 'waiting':
      return { ...state, retryMs: Date.now() + Math.max(0, Math.round(notBeforeMs - performance.now())) }
    case 'spare':
    case 'trying':
      return state
    default:
      return state satisfies never
  }
}

/** The unnamed candidates that are remembered. `network-config.ts` bounds the named ones. */
export const DEFAULT_MAX_CANDIDATES = 64

/** The known circuit relays, by peer ID. */
export class CircuitRelayCandidates {
  readonly #byId = new Map<string, CircuitRelayCandidate>()
  readonly #maxCandidates: number

  constructor(maxCandidates = DEFAULT_MAX_CANDIDATES) {
    this.#maxCandidates = maxCandidates
  }

  [Symbol.iterator](): Iterator<CircuitRelayCandidate> {
    return this.#byId.values()
  }

  get size(): number {
    return this.#byId.size
  }

  /** Those whose reservation is held. */
  get held(): CircuitRelayCandidate[] {
    return [...this.#byId.values()].filter(({ state }) => state.kind === 'held')
  }

  /** The one from the least trusted source whose reservation is held. */
  get leastTrustedHeld(): CircuitRelayCandidate | undefined {
    return this.held.toSorted((one, other) => trustRankOf(other.source) - trustRankOf(one.source))[0]
  }

  get(id: string): CircuitRelayCandidate | undefined {
    return this.#byId.get(id)
  }

  /**
   * Adds a candidate, or updates it if `source` is at least as trusted as the known one. Once there are as
   * many unnamed candidates as are allowed, only named ones are added.
   */
  offer(id: string, source: CircuitRelaySource, addresses: Multiaddr[]): void {
    const known = this.#byId.get(id)
    if (known === undefined) {
      const unnamed = [...this.#byId.values()].filter((candidate) => candidate.source !== 'named')
      if (source !== 'named' && unnamed.length >= this.#maxCandidates) return
      this.#byId.set(id, {
        id,
        source,
        addresses,
        state: { kind: 'spare' },
        notBeforeMs: 0,
        failures: 0,
        triedMs: undefined,
        tookMs: undefined,
        lastError: undefined,
      })
    } else if (trustRankOf(source) <= trustRankOf(known.source)) {
      known.source = source
      known.addresses = addresses
    }
  }

  /**
   * Drops the named candidates whose IDs are not in `ids`. One that holds a reservation becomes a kept one.
   */
  retainNamed(ids: ReadonlySet<string>): void {
    for (const candidate of this.#byId.values()) {
      if (candidate.source !== 'named' || ids.has(candidate.id)) continue
      if (candidate.state.kind === 'held') candidate.source = 'kept'
      else this.#byId.delete(candidate.id)
    }
  }

  delete(id: string): void {
    this.#byId.delete(id)
  }

  /**
   * Returns the candidate to try next: the one from the most trusted source, then the one with the fewest
   * failures, then the one known longest. Undefined if none may be tried.
   *
   * @param nowMs the time of `performance.now()`
   */
  best(nowMs: number): CircuitRelayCandidate | undefined {
    let best: CircuitRelayCandidate | undefined
    for (const candidate of this.#byId.values()) {
      const { kind } = candidate.state
      if (kind === 'trying' || kind === 'held' || candidate.notBeforeMs > nowMs) continue
      if (best === undefined || compare(candidate, best) < 0) best = candidate
    }
    return best
  }
}

/** Returns how trusted a source is: lower is better. */
export function trustRankOf(source: CircuitRelaySource): number {
  return CIRCUIT_RELAY_SOURCES.indexOf(source)
}

function compare(one: CircuitRelayCandidate, other: CircuitRelayCandidate): number {
  return trustRankOf(one.source) - trustRankOf(other.source) || one.failures - other.failures
}
