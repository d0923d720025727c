import type { Credit, DataMessage } from './messages.ts'
import { costOf } from './messages.ts'

/**
 * Milliseconds that credit may wait for a message to ride on. Where messages go both ways it then costs nothing: a round trip
 * over an echo has 4 port messages in place of 8.
 */
export const CREDIT_DELAY_MS = 4
/** The same in a page, whose main thread is worth more: all that the other end sees of it is its own `bufferedAmount`. */
export const PAGE_CREDIT_DELAY_MS = 20

/** What a {@link CreditReturn} is made of. */
export interface CreditReturnInit {
  windowBytes: number
  /** Sends credit in a message of its own. */
  post(credit: Credit): void
  /** Calls back after {@link CREDIT_DELAY_MS} or {@link PAGE_CREDIT_DELAY_MS}, or later. */
  later(callback: () => void): void
}

/**
 * Gathers the credit of handled messages until a message goes the same way, which takes it along.
 *
 * Invariant: what is kept back is less than a quarter of the window, so the sender never waits for it, and goes by itself
 * soon, so that its `bufferedAmount` comes to rest at zero.
 */
export class CreditReturn {
  readonly #init: CreditReturnInit
  #bytes = 0
  #messages = 0
  #scheduled = false

  constructor(init: CreditReturnInit) {
    this.#init = init
  }

  /** One message of that length has been handled. */
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

  /** What was gathered, for the message that goes now; undefined if there is nothing. */
  take(): Credit | undefined {
    if (this.#messages === 0) return undefined
    const credit = { bytes: this.#bytes, messages: this.#messages }
    this.#bytes = 0
    this.#messages = 0
    return credit
  }

  /** Sends what was gathered by itself. */
  flush(): void {
    const credit = this.take()
    if (credit !== undefined) this.#init.post(credit)
  }
}

/** The message with the credit on it. */
export function withCredit({ type, data }: DataMessage, credit: Credit | undefined): DataMessage {
  return credit === undefined ? { type, data } : { type, data, credit }
}
