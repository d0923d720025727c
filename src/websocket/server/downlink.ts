import { CREDIT_DELAY_MS, CreditReturn, withCredit } from '../credit-return.ts'
import { Fifo } from '../../platform/fifo.ts'
import type { DownMessage } from '../messages.ts'

/**
 * The way from the other end to the page: everything that is said there, in the order in which it must be heard.
 *
 * Invariant: the credit for a message goes before whatever its handler sends, so that a page which has the answer to what it
 * sent finds its `bufferedAmount` lowered, as with a server.
 */
export class Downlink {
  readonly #port: MessagePort
  readonly #creditReturn: CreditReturn
  /** What a running handler said: bounded, since messages are said only while the page's credit lasts. */
  readonly #postponed = new Fifo<DownMessage>()
  #postponing = false
  #ended = false

  /** `windowBytes` is the window that the page has been granted. The port is this object's alone to speak on. */
  constructor(port: MessagePort, windowBytes: number) {
    this.#port = port
    this.#creditReturn = new CreditReturn({
      windowBytes,
      post: (credit) => this.#postNow({ type: 'credit', ...credit }),
      later: (callback) => setTimeout(callback, CREDIT_DELAY_MS),
    })
  }

  /** Says something, behind what was said before; transfers the buffer of a message. */
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

  /** Gives one message of that length back to the page, soon. */
  giveBack(byteLength: number): void {
    this.#creditReturn.add(byteLength)
  }

  /** A handler begins: what is posted waits for {@link Downlink.proceed}. */
  postpone(): void {
    this.#postponing = true
  }

  proceed(): void {
    this.#postponing = false
    for (let message = this.#postponed.shift(); message !== undefined; message = this.#postponed.shift()) {
      this.post(message)
    }
  }

  /** Nothing is said from now on. What was said still arrives: closing a port takes nothing back. */
  end(): void {
    this.proceed()
    this.#ended = true
    this.#port.close()
  }

  #postNow(message: DownMessage): void {
    if (!this.#ended) this.#port.postMessage(message, 'data' in message ? [message.data] : [])
  }
}
