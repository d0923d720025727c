import { CREDIT_DELAY_MS, CreditReturn, withCredit } from '../credit-return.ts'
import { Fifo } from '../../platform/fifo.ts'
import type { DownMessage } from '../messages.ts'

/**
 * Posts the messages of the server's end to the page, in order.
 *
 * Invariant: the credit for a message is posted before whatever its handler sends. A page that gets an answer
 * then finds its `bufferedAmount` lowered, as with a real server.
 */
export class Downlink {
  readonly #port: MessagePort
  readonly #creditReturn: CreditReturn
  /** What a running handler sent. Bounded, because the outbox sends only while there is credit. */
  readonly #postponed = new Fifo<DownMessage>()
  #postponing = false
  #ended = false

  /** `windowBytes` is the window granted to the page. Nothing else may post on the port. */
  constructor(port: MessagePort, windowBytes: number) {
    this.#port = port
    this.#creditReturn = new CreditReturn({
      windowBytes,
      post: (credit) => this.#postNow({ type: 'credit', ...credit }),
      later: (callback) => setTimeout(callback, CREDIT_DELAY_MS),
    })
  }

  /** Posts a message after those before it, and transfers its buffer. */
  post(message: DownMessage): void {
    if (this.#postponing) {
      this.#postponed.push(message)
      return
    }
    if ('data' in message) {
      this.#postNow(withCredit(message, this.#creditReturn.take()))
    } else {
      this.#creditReturn.flush()
      this.#postNow(message)
    }
  }

  /** Returns the credit for one message of that length, soon. */
  giveBack(byteLength: number): void {
    this.#creditReturn.add(byteLength)
  }

  /** Call before a handler runs: what it posts waits for {@link Downlink.proceed}. */
  postpone(): void {
    this.#postponing = true
  }

  proceed(): void {
    this.#postponing = false
    for (let message = this.#postponed.shift(); message !== undefined; message = this.#postponed.shift()) {
      this.post(message)
    }
  }

  /** Posts nothing more. What was posted still arrives, although the port is closed. */
  end(): void {
    this.proceed()
    this.#ended = true
    this.#port.close()
  }

  #postNow(message: DownMessage): void {
    if (!this.#ended) this.#port.postMessage(message, 'data' in message ? [message.data] : [])
  }
}
