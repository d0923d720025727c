/**
 * What all connections of one client may keep unread together, in bytes.
 *
 * A connection counts while more may come to it, or while it waits in a listener's backlog; one that has ended in the
 * page's hands is the page's own memory.
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

  /** False: there is not so much left, and nothing was taken. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.maxBytes) return false
    this.#used += bytes
    return true
  }

  give(bytes: number): void {
    this.#used -= bytes
  }
}
