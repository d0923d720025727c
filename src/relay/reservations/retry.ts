import type { ReservationFailure } from '../../status/index.ts'
import { backOffMs } from '../timeouts.ts'
import type { CircuitRelayCandidate, CircuitRelaySource } from './circuit-relay-candidates.ts'

/**
 * Milliseconds to wait after the second failure in a row. The wait doubles, and is drawn from half of it to
 * all of it.
 */
const FIRST_BACKOFF_MS = 500
/**
 * The longest wait for a circuit relay that was not reached. A trusted one may only be restarting, so its
 * wait is short.
 */
const LONGEST_BACKOFF_MS: Readonly<Record<CircuitRelaySource, number>> = {
  named: 3_000,
  kept: 60_000,
  connected: 600_000,
  found: 600_000,
}
/**
 * The longest wait for one that answered without a working reservation. It is unlikely to change within
 * seconds.
 */
const LONGEST_AFTER_REFUSAL_MS: Readonly<Record<CircuitRelaySource, number>> = {
  named: 60_000,
  kept: 600_000,
  connected: 600_000,
  found: 600_000,
}
/** The first wait for an unproven candidate that has refused. */
const FIRST_AFTER_REFUSAL_MS = 10_000
const REFUSALS: ReadonlySet<ReservationFailure['kind']> = new Set([
  'full',
  'refused',
  'untrue',
  'no-relay',
  'no-address',
])
/** Milliseconds between attempts at a more trusted circuit relay while there are enough reservations. */
export const BETTER_CIRCUIT_RELAY_INTERVAL_MS = 60_000

/**
 * Returns the earliest time for the next attempt at a candidate that has failed.
 *
 * After its first failure a candidate is tried again immediately, because a circuit relay may still wait for
 * an old, dead connection of this peer. Unproven candidates always have to wait.
 *
 * @param isShort whether there are fewer reservations than wanted
 * @param nowMs the time of `performance.now()`, as is the result
 */
export function retryAtMs(candidate: CircuitRelayCandidate, isShort: boolean, nowMs: number): number {
  const { source, failures, lastError } = candidate
  if (isUnproven(candidate))
    return nowMs + backOffMs(failures, FIRST_AFTER_REFUSAL_MS, LONGEST_AFTER_REFUSAL_MS[source])
  if (failures === 1) return nowMs
  const hasRefused = lastError !== undefined && REFUSALS.has(lastError.kind)
  const longestMs = hasRefused ? LONGEST_AFTER_REFUSAL_MS[source] : LONGEST_BACKOFF_MS[source]
  return (
    nowMs +
    backOffMs(
      failures - 1,
      FIRST_BACKOFF_MS,
      isShort ? longestMs : Math.max(longestMs, BETTER_CIRCUIT_RELAY_INTERVAL_MS),
    )
  )
}

/**
 * Returns whether a candidate has refused, was never named and never served. Its wait is not cut short, or
 * every look of the user would cost it a request.
 */
export function isUnproven({ source, lastError }: CircuitRelayCandidate): boolean {
  return (
    (source === 'connected' || source === 'found') && lastError !== undefined && REFUSALS.has(lastError.kind)
  )
}

/**
 * Returns when the first waiting candidate is due, on the clock of `performance.now()`. Undefined if none
 * waits.
 */
export function nextRetryMs(candidates: Iterable<CircuitRelayCandidate>, nowMs: number): number | undefined {
  const due = [...candidates]
    .filter(({ state, notBeforeMs }) => state.kind === 'waiting' && notBeforeMs > nowMs)
    .map(({ notBeforeMs }) => notBeforeMs)
  return due.length === 0 ? undefined : Math.min(...due)
}
