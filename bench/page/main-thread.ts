/** How a page's main thread was disturbed during some work. */
export interface MainThread {
  /** The longest delay of a timer in milliseconds: by other tasks, and by the wait for a processor. */
  longestMs: number
  /** The number of frames that were due and not drawn, at 60 per second. */
  missedFrames: number
  /** The number of tasks of more than 50 ms, as the browser reports them; NaN if it doesn't. */
  longTasks: number
  /** The milliseconds of the longest of these; 0 if there was none. */
  longestTaskMs: number
}

const FRAME_MS = 1000 / 60
/** The interval that browsers give nested timers. */
const TIMER_MS = 4

/** Monitors the main thread of this page: a timer that fires late was kept waiting. */
export class MainThreadWatch {
  readonly #observer: PerformanceObserver | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #frame: number | undefined
  #longestMs = 0
  #missedFrames = 0
  #longestTaskMs = 0
  #longTasks = PerformanceObserver.supportedEntryTypes.includes('longtask') ? 0 : NaN

  constructor() {
    if (!Number.isNaN(this.#longTasks)) {
      this.#observer = new PerformanceObserver((list) => this.#count(list.getEntries()))
      this.#observer.observe({ type: 'longtask' })
    }
    this.#tick(performance.now())
    this.#draw(performance.now())
  }

  stop(): MainThread {
    clearTimeout(this.#timer)
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame)
    this.#count(this.#observer?.takeRecords() ?? [])
    this.#observer?.disconnect()
    return {
      longestMs: this.#longestMs,
      missedFrames: this.#missedFrames,
      longTasks: this.#longTasks,
      longestTaskMs: this.#longestTaskMs,
    }
  }

  #count(longTasks: PerformanceEntryList): void {
    this.#longTasks += longTasks.length
    for (const { duration } of longTasks) this.#longestTaskMs = Math.max(this.#longestTaskMs, duration)
  }

  #tick(setAt: number): void {
    this.#timer = setTimeout(() => {
      const now = performance.now()
      this.#longestMs = Math.max(this.#longestMs, now - setAt - TIMER_MS)
      this.#tick(now)
    }, TIMER_MS)
  }

  #draw(before: number): void {
    this.#frame = requestAnimationFrame((now) => {
      this.#missedFrames += Math.max(0, Math.round((now - before) / FRAME_MS) - 1)
      this.#draw(now)
    })
  }
}
