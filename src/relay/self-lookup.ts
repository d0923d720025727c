import type { Libp2p } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import type { Log } from './log.ts'
import { messageOf } from './log.ts'
import { backOffMs, pause } from './patience.ts'

/** Milliseconds for one walk to the neighbours. */
const WALK_TIMEOUT_MS = 30_000
/** Milliseconds that addresses must have stayed the same: several change at once when a relay or a tab comes. */
const SETTLE_MS = 300
/** Milliseconds between a walk on which nobody was met and the next, at first and at most. */
const FIRST_BACKOFF_MS = 500
const LONGEST_BACKOFF_MS = 60_000

/**
 * Makes this peer known to those in the DHT whose IDs are closest to its own: whoever looks for it ends up with them.
 *
 * A peer that answers queries is in the tables of others. One that only asks, as a browser does, is known to those that it is
 * connected to, which identify tells its addresses, and keeps telling when they change. kad-dht walks to the neighbours a second
 * after the start, when a browser has no address yet, and then every five minutes; this one, when there are addresses to tell.
 */
export class SelfLookup {
  readonly #libp2p: Libp2p
  readonly #dht: KadDHT
  readonly #log: Log
  readonly #stopping = new AbortController()
  #changed: (() => void) | undefined

  constructor(libp2p: Libp2p, dht: KadDHT, log: Log) {
    this.#libp2p = libp2p
    this.#dht = dht
    this.#log = log
    libp2p.addEventListener('self:peer:update', () => this.#changed?.(), { signal: this.#stopping.signal })
    void this.#run()
  }

  stop(): void {
    this.#stopping.abort()
    this.#changed?.()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    let told = ''
    let failures = 0
    while (!signal.aborted) {
      try {
        const addresses = this.#libp2p.getMultiaddrs().join()
        if (addresses === told || addresses === '') {
          await this.#change()
          await pause(SETTLE_MS, signal)
          continue
        }
        if ((await this.#walk()) > 0) {
          told = addresses
          failures = 0
          continue
        }
        failures += 1
        await pause(backOffMs(failures, FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS), signal)
      } catch (error) {
        // It is stopped: nothing else throws.
        this.#log('debug', `no neighbours are looked for any more: ${messageOf(error)}`)
      }
    }
  }

  /** Connects to the closest peers, and gives how many were met. */
  async #walk(): Promise<number> {
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(WALK_TIMEOUT_MS)])
    let met = 0
    try {
      for await (const { name } of this.#dht.getClosestPeers(this.#libp2p.peerId.toMultihash().bytes, {
        signal,
      })) {
        if (name === 'FINAL_PEER') met += 1
      }
    } catch (error) {
      this.#log('debug', `the walk to the neighbours ended early: ${messageOf(error)}`)
    }
    return met
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#changed = resolve
    })
    this.#changed = undefined
  }
}
