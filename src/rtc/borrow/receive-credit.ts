/**
 * Bytes of credit that are gathered before they are returned: a port message for each received part would
 * cost as much as the part.
 */
const CREDIT_GRAIN_BYTES = 131_072
/**
 * Milliseconds after which less than a grain is returned: a pump with a small window, or one that a single
 * message fills, waits for it.
 */
const CREDIT_DELAY_MS = 10

/**
 * Gathers the credit for messages that a channel's handlers have seen, and returns it to the pump in grains.
 */
export class ReceiveCredit {
  readonly #post: (cost: number) => void
  #cost = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  /** `post` tells the pump that parts of this cost (see `part-cost.ts`) have been handled. */
  constructor(post: (cost: number) => void) {
    this.#post = post
  }

  add(cost: number): void {
    this.#cost += cost
    if (this.#cost >= CREDIT_GRAIN_BYTES) this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), CREDIT_DELAY_MS)
  }

  /** Stops the timer; what has been gathered is not returned. */
  stop(): void {
    clearTimeout(this.#timer)
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#post(this.#cost)
    this.#cost = 0
  }
}
