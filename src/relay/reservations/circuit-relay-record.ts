import type { Multiaddr } from '@multiformats/multiaddr'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import { readPeerAddress } from '../addresses/read-address.ts'
import { addressesByPeer } from '../addresses/by-peer.ts'
import type { KeptCircuitRelay, CircuitRelayStore } from './circuit-relay-store.ts'
import { MAX_KEPT_CIRCUIT_RELAYS } from './circuit-relay-store.ts'

/** The relays that have served this peer, the latest first, as its host stores them. Without a store, nothing outlives the peer. */
export class CircuitRelayRecord {
  readonly #store: CircuitRelayStore | undefined
  readonly #log: Log
  #kept: KeptCircuitRelay[] = []

  constructor(store: CircuitRelayStore | undefined, log: Log) {
    this.#store = store
    this.#log = log
  }

  /** What was stored, by peer ID; what cannot be read is left out. Does not reject. */
  async load(): Promise<Map<string, Multiaddr[]>> {
    try {
      this.#kept = (await this.#store?.load()) ?? []
    } catch (error) {
      this.#log('warn', `relays that served before cannot be read: ${messageOf(error)}`)
    }
    const byRelay = new Map<string, Multiaddr[]>()
    for (const { addresses } of this.#kept) {
      const known = addresses.flatMap(asPeerAddress)
      for (const [relay, each] of addressesByPeer(known)) byRelay.set(relay, each)
    }
    return byRelay
  }

  /** A relay serves, at these addresses. */
  keep(relay: string, addresses: Multiaddr[]): void {
    const known = new Set(addresses.map((address) => address.toString()))
    // An address without a transport leads nowhere once the peer has forgotten the rest.
    const useful = [...known].filter((address) => !address.startsWith('/p2p/'))
    if (useful.length === 0) return
    const others = this.#kept.filter(
      (one) => !one.addresses.some((address) => address.endsWith(`/p2p/${relay}`)),
    )
    this.#kept = [{ addresses: useful, servedMs: Date.now() }, ...others].slice(0, MAX_KEPT_CIRCUIT_RELAYS)
    this.#store?.save(this.#kept).catch((error: unknown) => {
      this.#log('warn', `relays that serve cannot be kept: ${messageOf(error)}`)
    })
  }
}

function asPeerAddress(text: string): string[] {
  try {
    return [readPeerAddress(text)]
  } catch {
    // What an earlier build or a damaged store left behind is no use.
    return []
  }
}
