import { costOf } from '../messages.ts'

/**
 * The receiving half of the flow control: counts what the page has sent and was not yet handled.
 *
 * Invariant: a page that respects its credit sends only while less than the window is held. So `admit`
 * returns false only for a page that doesn't: the credit that has reached it is never more than what
 * `release` was called for.
 */
export class Inbox {
  readonly #windowBytes: number
  #heldBytes = 0

  constructor(windowBytes: number) {
    this.#windowBytes = windowBytes
  }

  /** Counts one message that arrived; returns false if the page had no credit for it. */
  admit(byteLength: number): boolean {
    if (this.#heldBytes >= this.#windowBytes) return false
    this.#heldBytes += costOf(byteLength)
    return true
  }

  /** Call when an admitted message of that length has been handled. */
  release(byteLength: number): void {
    this.#heldBytes -= costOf(byteLength)
  }
}
