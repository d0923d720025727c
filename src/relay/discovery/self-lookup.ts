import type { Libp2p } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import { backOffMs, pause, timeoutSignal } from '../timeouts.ts'

/** Milliseconds for one lookup. */
const LOOKUP_TIMEOUT_MS = 30_000
/**
 * Milliseconds from a change of the addresses to the first lookup, and then from each lookup to the next. The
 * first wait is for addresses that change together; the later lookups find closer peers in a network that has
 * just started. After that, kad-dht's own lookups every five minutes suffice.
 */
const LOOKUP_AFTER_MS: readonly number[] = [300, 3_000, 10_000, 30_000, 120_000]
/** Milliseconds to wait after a lookup that found nobody. The wait doubles from the first to the longest. */
const FIRST_BACKOFF_MS = 500
const LONGEST_BACKOFF_MS = 60_000

/**
 * Makes this peer known to the peers in the DHT whose IDs are closest to its own, because others look for it
 * there.
 *
 * A peer that answers queries is in the routing tables of others. One that only sends queries, as a browser
 * does, is known to the peers it is connected to: identify sends them its addresses, and every change.
 * kad-dht looks itself up one second after the start, when a browser has no address yet. This class does so
 * whenever the addresses have changed.
 */
export class SelfLookup {
  readonly #libp2p: Libp2p
  readonly #dht: KadDHT
  readonly #log: Log
  readonly #stopping = new AbortController()
  /** The addresses that the current lookups are for. */
  #addresses = ''
  #lookups = new AbortController()

  constructor(libp2p: Libp2p, dht: KadDHT, log: Log) {
    this.#libp2p = libp2p
    this.#dht = dht
    this.#log = log
    libp2p.addEventListener('self:peer:update', () => this.#begin(), { signal: this.#stopping.signal })
    this.#begin()
  }

  stop(): void {
    this.#stopping.abort()
    this.#lookups.abort()
  }

  #begin(): void {
    const addresses = this.#libp2p.getMultiaddrs().join()
    if (addresses === this.#addresses) return
    this.#addresses = addresses
    this.#lookups.abort()
    this.#lookups = new AbortController()
    if (addresses !== '') void this.#run(this.#lookups.signal)
  }

  /** Runs the lookups. Aborted when the addresses change or the peer stops. */
  async #run(signal: AbortSignal): Promise<void> {
    try {
      for (const afterMs of LOOKUP_AFTER_MS) {
        await pause(afterMs, signal)
        for (let failures = 1; (await this.#lookUp(signal)) === 0; failures += 1) {
          await pause(backOffMs(failures, FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS), signal)
        }
      }
    } catch (error) {
      this.#log('debug', `the lookups of this peer itself have ended: ${messageOf(error)}`)
    }
  }

  /** Looks this peer up, which connects to the closest peers. Returns how many there are. */
  async #lookUp(stopped: AbortSignal): Promise<number> {
    const signal = AbortSignal.any([stopped, timeoutSignal(LOOKUP_TIMEOUT_MS)])
    const own = this.#libp2p.peerId.toMultihash().bytes
    let found = 0
    try {
      for await (const { name } of this.#dht.getClosestPeers(own, { signal })) {
        if (name === 'FINAL_PEER') found += 1
      }
    } catch (error) {
      this.#log('debug', `a lookup of this peer itself failed: ${messageOf(error)}`)
    }
    return found
  }
}
