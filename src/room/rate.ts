/** Allows so many in a row, and then one for each interval, like a token bucket. */
export class Rate {
  readonly #burst: number
  readonly #intervalMs: number
  /** When the bucket is full again, in milliseconds of `performance.now()`. */
  #fullMs = 0

  constructor(burst: number, intervalMs: number) {
    this.#burst = burst
    this.#intervalMs = intervalMs
  }

  /** Counts one, and returns the milliseconds that it should wait; 0 if it is within the rate. */
  count(): number {
    const nowMs = performance.now()
    this.#fullMs = Math.max(this.#fullMs, nowMs) + this.#intervalMs
    return Math.max(0, this.#fullMs - nowMs - this.#burst * this.#intervalMs)
  }

  /** Whether one more would have to wait. */
  get isFull(): boolean {
    const aheadMs = this.#fullMs - performance.now()
    return aheadMs > (this.#burst - 1) * this.#intervalMs
  }
}
