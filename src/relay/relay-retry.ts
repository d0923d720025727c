import { backOffMs } from './patience.ts'
import type { RelayCandidate, RelaySource } from './relay-candidates.ts'

/** The first wait after a second failure in a row; it doubles up to the longest, and each is drawn from half to whole. */
const FIRST_BACKOFF_MS = 500
/** The longest wait: for relays that are named or have served, and for those that are only known of. */
const LONGEST_BACKOFF_MS: Readonly<Record<RelaySource, number>> = {
  named: 3_000,
  kept: 60_000,
  connected: 600_000,
  found: 600_000,
}
/** Milliseconds between attempts at a better relay while there are reservations enough. */
export const BETTER_RELAY_INTERVAL_MS = 60_000

/**
 * When a relay that has failed is tried again at the earliest: at once after a first failure. `isShort` says that there are fewer
 * reservations than are wanted.
 */
export function retryAtMs({ source, failures }: RelayCandidate, isShort: boolean, nowMs: number): number {
  if (failures === 1) return 0
  const longestMs = isShort ? LONGEST_BACKOFF_MS[source] : BETTER_RELAY_INTERVAL_MS
  return nowMs + backOffMs(failures - 1, FIRST_BACKOFF_MS, longestMs)
}

/** When the first of those that wait is due: undefined if none waits. */
export function nextRetryMs(candidates: Iterable<RelayCandidate>, nowMs: number): number | undefined {
  const due = [...candidates]
    .filter(({ state, notBeforeMs }) => state.kind === 'waiting' && notBeforeMs > nowMs)
    .map(({ notBeforeMs }) => notBeforeMs)
  return due.length === 0 ? undefined : Math.min(...due)
}
