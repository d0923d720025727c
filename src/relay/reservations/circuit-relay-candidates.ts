import type { Multiaddr } from '@multiformats/multiaddr'
import type { RelayError, ReservationState, ReservationStatus } from '../../status/index.ts'
import { localWebSockets } from '../addresses/local-space.ts'

/** Where a relay is known from, the most trusted first: what is tried first when a reservation is wanted. */
export const CIRCUIT_RELAY_SOURCES = ['named', 'kept', 'connected', 'found'] as const

/**
 * Where a relay is known from: `named` by `/network.json` or the user; `kept` from a time when it served; `connected` to
 * this peer and offering to serve circuits; `found` by asking the network.
 */
export type CircuitRelaySource = (typeof CIRCUIT_RELAY_SOURCES)[number]

/** A relay that a reservation could be held on. */
export interface CircuitRelayCandidate {
  /** Its peer ID. */
  readonly relay: string
  source: CircuitRelaySource
  /** Where it is dialled, each with the relay's `/p2p/…` at the end. */
  addresses: Multiaddr[]
  state: ReservationState
  /** Not to be tried before, in milliseconds since 1970. */
  notBeforeMs: number
  /** Attempts that failed in a row, and losses soon after an attempt that did not. */
  failures: number
  /** When the last attempt began, and how many milliseconds it took; undefined while it lasts, and before the first. */
  triedMs: number | undefined
  tookMs: number | undefined
  /** The last one, also when there has been success since. */
  lastError: RelayError | undefined
}

/** The snapshot's words for where a relay is known from. */
const FROM: Readonly<Record<CircuitRelaySource, ReservationStatus['from']>> = {
  named: 'network',
  kept: 'record',
  connected: 'connected',
  found: 'routing',
}

/** How it stands with a relay. `expiresMs` is when its reservation ends, where there is one that has an end. */
export function statusOf(
  candidate: CircuitRelayCandidate,
  nowMs: number,
  expiresMs: number,
): ReservationStatus {
  const { relay, source, addresses, state, triedMs, lastError } = candidate
  const tookMs = state.kind === 'trying' && triedMs !== undefined ? nowMs - triedMs : candidate.tookMs
  return {
    relay,
    addresses: addresses.map((address) => address.toString()),
    // Strangers announce what they like: the user is asked for nothing on their behalf.
    local: source === 'named' ? localWebSockets(addresses) : [],
    from: FROM[source],
    state: stateOf(candidate, nowMs, expiresMs),
    ...(tookMs === undefined ? {} : { tookMs }),
    ...(lastError === undefined ? {} : { lastError }),
  }
}

function stateOf(
  { state, notBeforeMs }: CircuitRelayCandidate,
  nowMs: number,
  expiresMs: number,
): ReservationState {
  switch (state.kind) {
    case 'held':
      return expiresMs > 0 ? { ...state, expiresMs } : state
    case 'waiting':
      // Somebody may have looked since: then it is tried at once.
      return { ...state, retryMs: Math.max(notBeforeMs, nowMs) }
    case 'spare':
    case 'trying':
      return state
    default:
      return state satisfies never
  }
}

/** Relays of each source that are remembered while the peer runs; those named are bounded where they are read. */
export const DEFAULT_MAX_CANDIDATES = 64

/** The relays that are known, by peer ID. */
export class CircuitRelayCandidates {
  readonly #byRelay = new Map<string, CircuitRelayCandidate>()
  readonly #maxCandidates: number

  constructor(maxCandidates = DEFAULT_MAX_CANDIDATES) {
    this.#maxCandidates = maxCandidates
  }

  [Symbol.iterator](): Iterator<CircuitRelayCandidate> {
    return this.#byRelay.values()
  }

  get(relay: string): CircuitRelayCandidate | undefined {
    return this.#byRelay.get(relay)
  }

  /**
   * Takes a relay in, or what is newly known of one: the better source holds, and its addresses. A full list takes
   * nothing but what is named.
   */
  offer(relay: string, source: CircuitRelaySource, addresses: Multiaddr[]): void {
    const known = this.#byRelay.get(relay)
    if (known === undefined) {
      const others = [...this.#byRelay.values()].filter((candidate) => candidate.source !== 'named')
      if (source !== 'named' && others.length >= this.#maxCandidates) return
      this.#byRelay.set(relay, {
        relay,
        source,
        addresses,
        state: { kind: 'spare' },
        notBeforeMs: 0,
        failures: 0,
        triedMs: undefined,
        tookMs: undefined,
        lastError: undefined,
      })
    } else if (rankOf(source) <= rankOf(known.source)) {
      known.source = source
      known.addresses = addresses
    }
  }

  /** Keeps of the named relays only these; one that holds a reservation stays, as one that was kept. */
  retainNamed(relays: ReadonlySet<string>): void {
    for (const candidate of this.#byRelay.values()) {
      if (candidate.source !== 'named' || relays.has(candidate.relay)) continue
      if (candidate.state.kind === 'held') candidate.source = 'kept'
      else this.#byRelay.delete(candidate.relay)
    }
  }

  delete(relay: string): void {
    this.#byRelay.delete(relay)
  }

  /** The relay to try next: of the best source, with the fewest failures, known the longest. */
  best(nowMs: number): CircuitRelayCandidate | undefined {
    let best: CircuitRelayCandidate | undefined
    for (const candidate of this.#byRelay.values()) {
      const { kind } = candidate.state
      if (kind === 'trying' || kind === 'held' || candidate.notBeforeMs > nowMs) continue
      if (best === undefined || compare(candidate, best) < 0) best = candidate
    }
    return best
  }
}

/** Lower is better. */
export function rankOf(source: CircuitRelaySource): number {
  return CIRCUIT_RELAY_SOURCES.indexOf(source)
}

function compare(one: CircuitRelayCandidate, other: CircuitRelayCandidate): number {
  return rankOf(one.source) - rankOf(other.source) || one.failures - other.failures
}
