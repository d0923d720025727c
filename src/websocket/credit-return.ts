import type { Credit, DataMessage } from './messages.ts'
import { costOf } from './messages.ts'

/**
 * Milliseconds that credit waits for a message to carry it. Where messages go both ways it then costs
 * nothing: a round trip to an echo server takes 4 port messages instead of 8.
 */
export const CREDIT_DELAY_MS = 4
/**
 * The same in a page, whose main thread is more precious. The only effect on the other end is that its
 * `bufferedAmount` falls later.
 */
export const PAGE_CREDIT_DELAY_MS = 20

/** What a {@link CreditReturn} needs. */
export interface CreditReturnInit {
  /** The window that was granted to the sender. */
  windowBytes: number
  /** Sends the credit in a message of its own. */
  post(credit: Credit): void
  /** Calls back after {@link CREDIT_DELAY_MS} or {@link PAGE_CREDIT_DELAY_MS}. */
  later(callback: () => void): void
}

/**
 * Gathers the credit for handled messages until a message in the same direction can carry it.
 *
 * Invariant: less than a quarter of the window is gathered, so the sender never waits for it. Without a
 * message the credit is sent on its own after a short delay, so that the sender's `bufferedAmount` reaches
 * zero.
 */
export class CreditReturn {
  readonly #init: CreditReturnInit
  #bytes = 0
  #messages = 0
  #scheduled = false

  constructor(init: CreditReturnInit) {
    this.#init = init
  }

  /** Adds the credit for one handled message of that length. */
  add(byteLength: number): void {
    this.#bytes += byteLength
    this.#messages += 1
    if (costOf(this.#bytes, this.#messages) * 4 >= this.#init.windowBytes) {
      this.flush()
    } else if (!this.#scheduled) {
      this.#scheduled = true
      this.#init.later(() => {
        this.#scheduled = false
        this.flush()
      })
    }
  }

  /**
   * Removes and returns the gathered credit, for the message that is about to be sent; undefined if there is
   * none.
   */
  take(): Credit | undefined {
    if (this.#messages === 0) return undefined
    const credit = { bytes: this.#bytes, messages: this.#messages }
    this.#bytes = 0
    this.#messages = 0
    return credit
  }

  /** Sends the gathered credit in a message of its own. */
  flush(): void {
    const credit = this.take()
    if (credit !== undefined) this.#init.post(credit)
  }
}

/** Returns the message with the credit added. */
export function withCredit({ type, data }: DataMessage, credit: Credit | undefined): DataMessage {
  return credit === undefined ? { type, data } : { type, data, credit }
}
