import type { Answer } from './answer.ts'
import { ClientError } from './client-error.ts'
import type { Listener } from './listener.ts'
import { OpenListener } from './listener.ts'
import type { Outbox } from './outbox.ts'

/** Options of {@link Listeners}. */
export interface ListenersInit {
  maxBacklog: number
  outbox: Outbox
}

/**
 * The listeners of one client, and the pending requests for listeners: at most one of each per protocol.
 *
 * A closing listener is kept until the relay confirms its end. The protocol can be requested again before
 * that, because the relay answers in order. Methods for messages of the relay return false for unexpected
 * ones.
 */
export class Listeners {
  readonly #init: ListenersInit
  readonly #asked = new Map<string, { frames: boolean; answer: Answer<Listener> }>()
  readonly #open = new Map<string, OpenListener>()

  constructor(init: ListenersInit) {
    this.#init = init
  }

  /** Throws `ERR_LISTEN_REFUSED` if this client already listens on the protocol, or has asked to. */
  assertFree(protocol: string): void {
    if (!this.#asked.has(protocol) && this.#open.get(protocol)?.closing !== false) return
    throw new ClientError('ERR_LISTEN_REFUSED', `this client already listens on ${protocol}`)
  }

  /** Records a request for a listener. */
  ask(protocol: string, frames: boolean, answer: Answer<Listener>): void {
    this.#asked.set(protocol, { frames, answer })
  }

  /** Returns the listener of a protocol, even while it is closing. */
  get(protocol: string): OpenListener | undefined {
    return this.#open.get(protocol)
  }

  /** Handles Listening. */
  listening(protocol: string): boolean {
    const asked = this.#asked.get(protocol)
    if (asked === undefined) return false
    this.#asked.delete(protocol)
    const listener = new OpenListener({ protocol, frames: asked.frames, ...this.#init })
    this.#open.set(protocol, listener)
    if (asked.answer.waiting) asked.answer.resolve(listener)
    else listener.close()
    return true
  }

  /** Handles Listen Refused. `reason` is the relay's, or empty if it gave none. */
  refused(protocol: string, reason: string): boolean {
    const asked = this.#asked.get(protocol)
    if (asked === undefined) return false
    this.#asked.delete(protocol)
    asked.answer.reject(
      new ClientError(
        'ERR_LISTEN_REFUSED',
        reason === ''
          ? `another page already listens on ${protocol}, or it is one of libp2p’s own protocols`
          : reason,
      ),
    )
    return true
  }

  /** Handles Listener Closed. */
  closed(protocol: string): boolean {
    const listener = this.#open.get(protocol)
    if (listener === undefined) return false
    this.#open.delete(protocol)
    listener.finish()
    return true
  }

  /** Ends all listeners and requests, because the relay is gone. */
  endAll(error: ClientError): void {
    for (const { answer } of this.#asked.values()) answer.reject(error)
    for (const listener of this.#open.values()) listener.finish(error)
    this.#asked.clear()
    this.#open.clear()
  }
}
