import { costOf } from '../messages.ts'

/**
 * The receiving half of the flow control: what the peer has sent and was not yet given back.
 *
 * Invariant: a peer that keeps to its credit sends only while less than the window is held, so `admit` gives false for a
 * peer that does not, and for no other: what it has been told so far is never more than what was given.
 */
export class Inbox {
  readonly #windowBytes: number
  #heldBytes = 0

  constructor(windowBytes: number) {
    this.#windowBytes = windowBytes
  }

  /** Counts one message that came; false if the peer had no credit for it. */
  admit(byteLength: number): boolean {
    if (this.#heldBytes >= this.#windowBytes) return false
    this.#heldBytes += costOf(byteLength)
    return true
  }

  /** One admitted message of that length has been handled. */
  release(byteLength: number): void {
    this.#heldBytes -= costOf(byteLength)
  }
}
