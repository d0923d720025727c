/** A limit on the bytes that many streams may have sent without an acknowledgement, together. */
export class Quota {
  readonly #maxBytes: number
  readonly #parent: Quota | undefined
  readonly #waiting = new Set<() => void>()
  #usedBytes = 0

  /** Bytes taken from this quota are also taken from `parent`. */
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

  /** Returns bytes to the quota, and calls waiting functions if there is room. */
  give(bytes: number): void {
    this.#usedBytes -= bytes
    this.#parent?.give(bytes)
    this.#wake()
  }

  /** Calls `wake` once when there is room again, in this quota or its parent. */
  wait(wake: () => void): void {
    this.#waiting.add(wake)
    this.#parent?.wait(wake)
  }

  /** Cancels {@link wait}. */
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
