import type { RendezvousLimits } from './rendezvous-limits.ts'

interface Bucket {
  left: number
  /** On the clock of `performance.now()`. */
  atMs: number
}

/** How often each connected peer may make requests: a burst at once, and then so many per second. */
export class RequestRates {
  readonly #limits: Pick<RendezvousLimits, 'burst' | 'perSecond'>
  readonly #byPeer = new Map<string, Bucket>()

  constructor(limits: Pick<RendezvousLimits, 'burst' | 'perSecond'>) {
    this.#limits = limits
  }

  /** Counts a request. Returns false if the peer may not make it now. */
  take(peer: string): boolean {
    const { burst, perSecond } = this.#limits
    const nowMs = performance.now()
    const known = this.#byPeer.get(peer) ?? { left: burst, atMs: nowMs }
    const left = Math.min(burst, known.left + ((nowMs - known.atMs) / 1_000) * perSecond)
    const isAllowed = left >= 1
    this.#byPeer.set(peer, { left: isAllowed ? left - 1 : left, atMs: nowMs })
    return isAllowed
  }

  /** Forgets a peer that has left. */
  delete(peer: string): void {
    this.#byPeer.delete(peer)
  }
}
