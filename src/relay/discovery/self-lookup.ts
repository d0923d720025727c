import type { Libp2p } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import { backOffMs, pause, timeoutSignal } from '../timeouts.ts'

/** Milliseconds for one walk to the neighbours. */
const WALK_TIMEOUT_MS = 30_000
/**
 * Milliseconds after a change of the addresses, and then after each walk, for the next: several addresses
 * change at once when a relay or a tab comes, and a network that has just begun still gets peers who are
 * closer. Later kad-dht's own walks, one in five minutes, do.
 */
const WALK_AFTER_MS: readonly number[] = [300, 3_000, 10_000, 30_000, 120_000]
/** Milliseconds between a walk on which nobody was met and the next, at first and at most. */
const FIRST_BACKOFF_MS = 500
const LONGEST_BACKOFF_MS = 60_000

/**
 * Makes this peer known to those in the DHT whose IDs are closest to its own: whoever looks for it ends up
 * with them.
 *
 * A peer that answers queries is in the tables of others. One that only asks, as a browser does, is known to
 * those that it is connected to, which identify tells its addresses, and keeps telling when they change.
 * kad-dht walks to the neighbours a second after the start, when a browser has no address yet; this one, when
 * there are addresses to tell.
 */
export class SelfLookup {
  readonly #libp2p: Libp2p
  readonly #dht: KadDHT
  readonly #log: Log
  readonly #stopping = new AbortController()
  /** What the walks are for that are made now. */
  #addresses = ''
  #walks = new AbortController()

  constructor(libp2p: Libp2p, dht: KadDHT, log: Log) {
    this.#libp2p = libp2p
    this.#dht = dht
    this.#log = log
    libp2p.addEventListener('self:peer:update', () => this.#begin(), { signal: this.#stopping.signal })
    this.#begin()
  }

  stop(): void {
    this.#stopping.abort()
    this.#walks.abort()
  }

  #begin(): void {
    const addresses = this.#libp2p.getMultiaddrs().join()
    if (addresses === this.#addresses) return
    this.#addresses = addresses
    this.#walks.abort()
    this.#walks = new AbortController()
    if (addresses !== '') void this.#run(this.#walks.signal)
  }

  /** Ends quietly when the addresses change or the peer stops. */
  async #run(signal: AbortSignal): Promise<void> {
    try {
      for (const afterMs of WALK_AFTER_MS) {
        await pause(afterMs, signal)
        for (let failures = 1; (await this.#walk(signal)) === 0; failures += 1) {
          await pause(backOffMs(failures, FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS), signal)
        }
      }
    } catch (error) {
      this.#log('debug', `no more walks to the neighbours: ${messageOf(error)}`)
    }
  }

  /** Connects to the closest peers, and gives how many were met. */
  async #walk(stopped: AbortSignal): Promise<number> {
    const signal = AbortSignal.any([stopped, timeoutSignal(WALK_TIMEOUT_MS)])
    const own = this.#libp2p.peerId.toMultihash().bytes
    let met = 0
    try {
      for await (const { name } of this.#dht.getClosestPeers(own, { signal })) {
        if (name === 'FINAL_PEER') met += 1
      }
    } catch (error) {
      this.#log('debug', `a walk to the neighbours ended early: ${messageOf(error)}`)
    }
    return met
  }
}
