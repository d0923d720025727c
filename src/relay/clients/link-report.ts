import type { LinkState } from '../../protocol/index.ts'
import type { StreamLink } from '../dialing/stream-link.ts'
import type { ClientOutput, WaitsForClient } from './client-output.ts'

/**
 * Tells a client what carries one of its connections: before the connection opens, and after each change.
 * While the client doesn't keep up, only the newest state waits to be sent.
 */
export class LinkReport implements WaitsForClient {
  readonly #id: bigint
  readonly #link: StreamLink
  readonly #output: ClientOutput
  #reported: LinkState

  /** Sends the first state. */
  constructor(id: bigint, link: StreamLink, output: ClientOutput) {
    this.#id = id
    this.#link = link
    this.#output = output
    this.#reported = link.state
    link.onchange = () => this.drain()
    this.#send()
  }

  /** Sends the state unless the client knows it, now or once the client keeps up. */
  drain(): void {
    if (this.#link.state === this.#reported || !this.#output.keepsUp(this)) return
    this.#reported = this.#link.state
    this.#send()
  }

  /** Sends nothing more, because the connection has ended. */
  end(): void {
    this.#link.onchange = undefined
    this.#output.forget(this)
  }

  #send(): void {
    this.#output.send({ type: 'linkChanged', id: this.#id, state: this.#reported })
  }
}
