/** Counts what happens, and says when it happens too often. */
export class Rate {
  readonly #maxPerSecond: number
  #count = 0
  #sinceMs = -Infinity

  constructor(maxPerSecond: number) {
    this.#maxPerSecond = maxPerSecond
  }

  /** Counts once more; false if that is too often in this second. */
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
