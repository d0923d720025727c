/** Limits how many events may happen per second. */
export class Rate {
  readonly #maxPerSecond: number
  #count = 0
  #sinceMs = -Infinity

  constructor(maxPerSecond: number) {
    this.#maxPerSecond = maxPerSecond
  }

  /** Counts an event. Returns false if there were too many in the current second. */
  take(): boolean {
    const nowMs = performance.now()
    if (nowMs - this.#sinceMs >= 1000) {
      this.#sinceMs = nowMs
      this.#count = 0
    }
    this.#count += 1
    return this.#count <= this.#maxPerSecond
  }
}
