/**
 * Shortest and longest pause in milliseconds before dialling again. Each pause is twice as long as the one
 * before.
 */
const MIN_PAUSE_MS = 1_000
const MAX_PAUSE_MS = 15_000

/**
 * Returns the milliseconds to wait before the next attempt. Only a connection that lasted resets the pause:
 * one that ended early, such as that to a full room, doubles it.
 *
 * @param lastPauseMs the previous result, at first 0
 * @param heldMs how long the last connection lasted
 */
export function nextPauseMs(lastPauseMs: number, heldMs: number): number {
  if (heldMs >= MAX_PAUSE_MS) return MIN_PAUSE_MS
  return Math.min(Math.max(MIN_PAUSE_MS, 2 * lastPauseMs), MAX_PAUSE_MS)
}
