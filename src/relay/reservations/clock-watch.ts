/** Milliseconds between two looks at the clock. */
const INTERVAL_MS = 5_000
/** Milliseconds that the clock may be off what was expected before it has jumped: a busy machine is late, too. */
const TOLERANCE_MS = 15_000

/** Notices that the machine has slept, or that its clock was set: the time of day does not fit the timers. */
export class ClockWatch {
  readonly #timer: ReturnType<typeof setInterval>

  /** `jumped` is called soon after each jump, with its length in milliseconds, negative if it was back. */
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
