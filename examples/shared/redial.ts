/** Milliseconds before somebody is dialled again; each further pause is twice as long, up to the second. */
const MIN_PAUSE_MS = 1_000
const MAX_PAUSE_MS = 15_000

/**
 * Milliseconds before the next attempt, from those before the last one, nought at first, and those for which its link then held. One
 * that ended early, as that to somebody who has no place, gives no reason to come again soon.
 */
export function nextPauseMs(lastPauseMs: number, heldMs: number): number {
  if (heldMs >= MAX_PAUSE_MS) return MIN_PAUSE_MS
  return Math.min(Math.max(MIN_PAUSE_MS, 2 * lastPauseMs), MAX_PAUSE_MS)
}
