/**
 * The bytes that all connections of one client may hold unread.
 *
 * A connection counts while it is open or waits in a listener's backlog. Once the page has taken it and it
 * has ended, its unread messages no longer count.
 */
export class UnreadBudget {
  readonly maxBytes: number
  #used = 0

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  get used(): number {
    return this.#used
  }

  /** Whether more than half of the budget is used, so that no connection should hold much. */
  get isShort(): boolean {
    return this.#used > this.maxBytes / 2
  }

  /** Takes bytes from the budget. Returns false, and takes nothing, if not enough are left. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.maxBytes) return false
    this.#used += bytes
    return true
  }

  /** Returns bytes to the budget. */
  give(bytes: number): void {
    this.#used -= bytes
  }
}
