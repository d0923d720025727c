/** Milliseconds between two checks of the clock. */
const INTERVAL_MS = 5_000
/** Milliseconds by which the clock may differ from the timer. Timers run late on a busy machine. */
const TOLERANCE_MS = 15_000

/**
 * Detects that the machine has slept or that its clock was set, by comparing the time of day with a timer.
 *
 * It does not compare with `performance.now()`, which counts the time asleep on some systems only.
 */
export class ClockWatch {
  readonly #timer: ReturnType<typeof setInterval>

  /**
   * @param jumped called after each jump, with its length in milliseconds; negative if the clock was set back
   */
  constructor(jumped: (byMs: number) => void) {
    let expectedMs = Date.now() + INTERVAL_MS
    this.#timer = setInterval(() => {
      const nowMs = Date.now()
      const byMs = nowMs - expectedMs
      expectedMs = nowMs + INTERVAL_MS
      if (Math.abs(byMs) > TOLERANCE_MS) jumped(byMs)
    }, INTERVAL_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
