import type { Answer } from './answer.ts'
import { ClientError } from './client-error.ts'
import type { Listener } from './listener.ts'
import { OpenListener } from './listener.ts'
import type { Outbox } from './outbox.ts'

/** What the listeners of a client share. */
export interface ListenersInit {
  maxBacklog: number
  outbox: Outbox
}

/**
 * The listeners of one client, and those that the relay has not answered yet: at most one of each per protocol.
 *
 * A listener that is closing is kept until the relay has said so; the protocol may be asked for again meanwhile, since the
 * relay answers in order. Methods that take a message of the relay give false for one that was not asked for.
 */
export class Listeners {
  readonly #init: ListenersInit
  readonly #asked = new Map<string, { frames: boolean; answer: Answer<Listener> }>()
  readonly #open = new Map<string, OpenListener>()

  constructor(init: ListenersInit) {
    this.#init = init
  }

  /** Throws `ERR_LISTEN_REFUSED` if this client listens on it, or has asked to. */
  assertFree(protocol: string): void {
    if (!this.#asked.has(protocol) && this.#open.get(protocol)?.closing !== false) return
    throw new ClientError('ERR_LISTEN_REFUSED', `this client listens on ${protocol} already`)
  }

  ask(protocol: string, frames: boolean, answer: Answer<Listener>): void {
    this.#asked.set(protocol, { frames, answer })
  }

  /** The listener of a protocol, also while it is closing. */
  get(protocol: string): OpenListener | undefined {
    return this.#open.get(protocol)
  }

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

  /** `reason` is what the relay has said about it, empty if it has not. */
  refused(protocol: string, reason: string): boolean {
    const asked = this.#asked.get(protocol)
    if (asked === undefined) return false
    this.#asked.delete(protocol)
    asked.answer.reject(
      new ClientError(
        'ERR_LISTEN_REFUSED',
        reason === ''
          ? `another page listens on ${protocol} already, or it belongs to libp2p itself`
          : reason,
      ),
    )
    return true
  }

  closed(protocol: string): boolean {
    const listener = this.#open.get(protocol)
    if (listener === undefined) return false
    this.#open.delete(protocol)
    listener.finish()
    return true
  }

  /** The relay is gone. */
  endAll(error: ClientError): void {
    for (const { answer } of this.#asked.values()) answer.reject(error)
    for (const listener of this.#open.values()) listener.finish(error)
    this.#asked.clear()
    this.#open.clear()
  }
}
