/** Bytes that many streams share, with a bound on all of them together. */
export class Quota {
  readonly #maxBytes: number
  readonly #parent: Quota | undefined
  readonly #waiting = new Set<() => void>()
  #usedBytes = 0

  /** What is taken here is taken from `parent` too. */
  constructor(maxBytes: number, parent?: Quota) {
    this.#maxBytes = maxBytes
    this.#parent = parent
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Bytes that may still be taken. */
  get roomBytes(): number {
    return Math.max(0, Math.min(this.#maxBytes - this.#usedBytes, this.#parent?.roomBytes ?? Infinity))
  }

  take(bytes: number): void {
    this.#usedBytes += bytes
    this.#parent?.take(bytes)
  }

  /** Gives bytes back, and wakes those that wait for room. */
  give(bytes: number): void {
    this.#usedBytes -= bytes
    this.#parent?.give(bytes)
    this.#wake()
  }

  /** Calls `wake` once, when there is room again, here or in the parent. */
  wait(wake: () => void): void {
    this.#waiting.add(wake)
    this.#parent?.wait(wake)
  }

  /** Stops waiting. */
  forget(wake: () => void): void {
    this.#waiting.delete(wake)
    this.#parent?.forget(wake)
  }

  #wake(): void {
    for (const wake of Array.from(this.#waiting)) {
      if (this.roomBytes === 0) return
      this.forget(wake)
      wake()
    }
  }
}
