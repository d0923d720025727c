import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import { hasOwnTransport } from '../addresses/address-kind.ts'
import { readPeerAddress } from '../addresses/read-address.ts'
import { timeoutSignal } from '../timeouts.ts'
import type { Peer } from '../peer.ts'

/** The network is asked for relays first after this, then at doubled intervals up to the longest. */
const FIRST_SEARCH_MS = 2_000
const FIRST_INTERVAL_MS = 10_000
const LONGEST_INTERVAL_MS = 600_000
const SEARCH_TIMEOUT_MS = 20_000
/** Relays that one search brings at most. */
const MAX_FOUND = 16

/** What a {@link CircuitRelaySearch} needs. */
export interface CircuitRelaySearchInit {
  peer: Peer
  log: Log
  /** Aborted when the peer stops. */
  stopping: AbortSignal
  /** A peer that may serve circuits, and where it is dialled; called for each. */
  found: (relay: string, addresses: Multiaddr[]) => void
  /** A search is over. */
  ended: () => void
}

/** Asks the network for peers that may serve as relays: at a random place of the DHT, one search at a time, ever more rarely. */
export class CircuitRelaySearch {
  readonly #init: CircuitRelaySearchInit
  #searches = 0
  #notBeforeMs = Date.now() + FIRST_SEARCH_MS
  #isRunning = false

  constructor(init: CircuitRelaySearchInit) {
    this.#init = init
  }

  /** When the next search may begin, in milliseconds since 1970; undefined while one runs. */
  get dueMs(): number | undefined {
    return this.#isRunning ? undefined : this.#notBeforeMs
  }

  /** It may be that all is different now: the next search may begin at once. */
  hurry(): void {
    this.#notBeforeMs = 0
  }

  /** A relay serves: should it be lost, the intervals are short again. */
  calm(): void {
    this.#searches = 0
  }

  /** Begins a search, if one is due. */
  begin(nowMs: number): void {
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
        const relay = id.toString()
        const dialable = multiaddrs.filter((address) => hasOwnTransport(address) && peer.canDial(address))
        if (dialable.length === 0) continue
        found(
          relay,
          dialable.map((address) => multiaddr(readPeerAddress(`${withoutPeer(address)}/p2p/${relay}`))),
        )
        count += 1
        if (count >= MAX_FOUND) break
      }
    } catch (error) {
      log('debug', `no relays were found: ${messageOf(error)}`)
    }
  }
}

function withoutPeer(address: Multiaddr): string {
  return address.toString().replace(/\/p2p\/[^/]+$/, '')
}
