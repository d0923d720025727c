import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import { hasOwnTransport } from '../addresses/address-kind.ts'
import { readPeerAddress } from '../addresses/read-address.ts'
import { timeoutSignal } from '../timeouts.ts'
import type { Peer } from '../peer.ts'

/** Milliseconds before the first search. */
const FIRST_SEARCH_MS = 2_000
/** Milliseconds between two searches. The interval doubles from the first to the longest. */
const FIRST_INTERVAL_MS = 10_000
const LONGEST_INTERVAL_MS = 600_000
/** Milliseconds that one search may take. */
const SEARCH_TIMEOUT_MS = 20_000
/** Peers that one search yields. The search then ends. */
const MAX_FOUND = 16

/** What a {@link CircuitRelaySearch} needs. */
export interface CircuitRelaySearchInit {
  peer: Peer
  log: Log
  /** Aborted when the peer stops. */
  stopping: AbortSignal
  /** Called for each peer that may serve circuits, with the addresses to dial. */
  found: (id: string, addresses: Multiaddr[]) => void
  /** Called at the end of each search. */
  ended: () => void
}

/**
 * Searches the network for peers that may serve circuits, around a random key of the DHT and at growing
 * intervals.
 */
export class CircuitRelaySearch {
  readonly #init: CircuitRelaySearchInit
  #searches = 0
  #notBeforeMs = performance.now() + FIRST_SEARCH_MS
  #isRunning = false

  constructor(init: CircuitRelaySearchInit) {
    this.#init = init
  }

  /** When the next search may start, on the clock of `performance.now()`. Undefined while a search runs. */
  get dueMs(): number | undefined {
    return this.#isRunning ? undefined : this.#notBeforeMs
  }

  /** Lets the next search start immediately, because the network may have changed. */
  allowNow(): void {
    this.#notBeforeMs = 0
  }

  /** Makes the intervals short again. Call it when a reservation is held. */
  resetInterval(): void {
    this.#searches = 0
  }

  /** Starts a search if one is due. `nowMs` is the time of `performance.now()`. */
  startIfDue(nowMs: number): void {
    if (this.#isRunning || nowMs < this.#notBeforeMs) return
    this.#searches += 1
    const intervalMs = FIRST_INTERVAL_MS * 2 ** (this.#searches - 1)
    this.#notBeforeMs = nowMs + Math.min(LONGEST_INTERVAL_MS, intervalMs)
    this.#isRunning = true
    void this.#run().finally(() => {
      this.#isRunning = false
      this.#init.ended()
    })
  }

  async #run(): Promise<void> {
    const { peer, log, stopping, found } = this.#init
    const signal = AbortSignal.any([stopping, timeoutSignal(SEARCH_TIMEOUT_MS)])
    let count = 0
    try {
      const key = crypto.getRandomValues(new Uint8Array(32))
      for await (const { id, multiaddrs } of peer.libp2p.peerRouting.getClosestPeers(key, { signal })) {
        const dialable = multiaddrs.filter((address) => hasOwnTransport(address) && peer.canDial(address))
        if (dialable.length === 0) continue
        found(
          id.toString(),
          dialable.map((address) =>
            multiaddr(readPeerAddress(`${withoutPeer(address)}/p2p/${id.toString()}`)),
          ),
        )
        count += 1
        if (count >= MAX_FOUND) break
      }
    } catch (error) {
      log('debug', `the search for circuit relays failed: ${messageOf(error)}`)
    }
  }
}

function withoutPeer(address: Multiaddr): string {
  return address.toString().replace(/\/p2p\/[^/]+$/, '')
}
