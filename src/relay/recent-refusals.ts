import type { Refusal } from '../status/index.ts'
import { MAX_REFUSALS } from '../status/index.ts'

/** Characters kept of a reason, a protocol or a peer. A client chooses their lengths. */
const MAX_LENGTH = 500

/** The latest refusals, for the status. */
export class RecentRefusals {
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

  /** The refusals, the oldest first. */
  get list(): Refusal[] {
    return [...this.#kept]
  }
}
