import type { Refusal } from '../status/index.ts'
import { MAX_REFUSALS } from '../status/index.ts'

/** Characters of a reason, a protocol or a peer that are kept: what a client has made up may be long. */
const MAX_LENGTH = 500

/** What was asked for in vain, the latest. */
export class Refusals {
  readonly #kept: Refusal[] = []

  add({ client, what, peer, protocol, reason }: Omit<Refusal, 'atMs'>): void {
    this.#kept.push({
      atMs: Date.now(),
      client,
      what,
      peer: peer.slice(0, MAX_LENGTH),
      protocol: protocol.slice(0, MAX_LENGTH),
      reason: reason.slice(0, MAX_LENGTH),
    })
    if (this.#kept.length > MAX_REFUSALS) this.#kept.shift()
  }

  /** The oldest first. */
  get list(): Refusal[] {
    return [...this.#kept]
  }
}
