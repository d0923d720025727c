import type { RelayError } from '../../status/index.ts'
import { backOffMs } from '../timeouts.ts'
import type { CircuitRelayCandidate, CircuitRelaySource } from './circuit-relay-candidates.ts'

/** The first wait after a second failure in a row; it doubles up to the longest, and each is drawn from half to whole. */
const FIRST_BACKOFF_MS = 500
/** The longest wait for a relay that was not reached: one that is named or has served may only have restarted. */
const LONGEST_BACKOFF_MS: Readonly<Record<CircuitRelaySource, number>> = {
  named: 3_000,
  kept: 60_000,
  connected: 600_000,
  found: 600_000,
}
/** The longest wait for one that answered and gave no reservation that works: it will hardly change its mind within seconds. */
const LONGEST_AFTER_REFUSAL_MS: Readonly<Record<CircuitRelaySource, number>> = {
  named: 60_000,
  kept: 600_000,
  connected: 600_000,
  found: 600_000,
}
/** The first wait for a peer that nobody has named and that has never served, once it has refused. */
const FIRST_AFTER_REFUSAL_MS = 10_000
const REFUSALS: ReadonlySet<RelayError['kind']> = new Set([
  'full',
  'refused',
  'untrue',
  'no-relay',
  'no-address',
])
/** Milliseconds between attempts at a better relay while there are reservations enough. */
export const BETTER_CIRCUIT_RELAY_INTERVAL_MS = 60_000

/**
 * When a relay that has failed is tried again at the earliest. `isShort` says that there are fewer reservations than are wanted.
 *
 * After a first failure it is tried at once, as the relay may not have noticed yet that a former connection of this peer is dead. A
 * peer that only claims to be a relay is not.
 */
export function retryAtMs(candidate: CircuitRelayCandidate, isShort: boolean, nowMs: number): number {
  const { source, failures, lastError } = candidate
  if (isUnproven(candidate))
    return nowMs + backOffMs(failures, FIRST_AFTER_REFUSAL_MS, LONGEST_AFTER_REFUSAL_MS[source])
  if (failures === 1) return 0
  const hasRefused = lastError !== undefined && REFUSALS.has(lastError.kind)
  const shortMs = hasRefused ? LONGEST_AFTER_REFUSAL_MS[source] : LONGEST_BACKOFF_MS[source]
  return (
    nowMs +
    backOffMs(
      failures - 1,
      FIRST_BACKOFF_MS,
      isShort ? shortMs : Math.max(shortMs, BETTER_CIRCUIT_RELAY_INTERVAL_MS),
    )
  )
}

/** It has refused, nobody has named it, and it has never served: it is not asked again whenever somebody looks. */
export function isUnproven({ source, lastError }: CircuitRelayCandidate): boolean {
  return (
    (source === 'connected' || source === 'found') && lastError !== undefined && REFUSALS.has(lastError.kind)
  )
}

/** When the first of those that wait is due: undefined if none waits. */
export function nextRetryMs(candidates: Iterable<CircuitRelayCandidate>, nowMs: number): number | undefined {
  const due = [...candidates]
    .filter(({ state, notBeforeMs }) => state.kind === 'waiting' && notBeforeMs > nowMs)
    .map(({ notBeforeMs }) => notBeforeMs)
  return due.length === 0 ? undefined : Math.min(...due)
}
