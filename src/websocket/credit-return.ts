import { costOf } from './wire.ts'

/** What a {@link CreditReturn} is made of. */
export interface CreditReturnInit {
  windowBytes: number
  /** Sends the credit message. Called from `flush` only. */
  post(bytes: number, messages: number): void
  /** Calls back in a later task. */
  later(callback: () => void): void
}

/**
 * Gathers the credit of handled messages, so that a burst of small ones does not cost a credit message each.
 *
 * Invariant: what is kept back is less than a quarter of the window, so the sender never waits for it, and is sent in the next
 * task at the latest, so that its `bufferedAmount` comes to rest at zero.
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

  /** Sends what was gathered. Called before each message that goes the same way, which may be the answer to one of these. */
  flush(): void {
    if (this.#messages === 0) return
    const bytes = this.#bytes
    const messages = this.#messages
    this.#bytes = 0
    this.#messages = 0
    this.#init.post(bytes, messages)
  }
}
