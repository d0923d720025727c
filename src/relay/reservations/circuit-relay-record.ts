import type { Multiaddr } from '@multiformats/multiaddr'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import { readPeerAddress } from '../addresses/read-address.ts'
import { addressesByPeer } from '../addresses/by-peer.ts'
import type { CircuitRelayStore, KeptCircuitRelay } from './circuit-relay-store.ts'
import { MAX_KEPT_CIRCUIT_RELAYS } from './circuit-relay-store.ts'

/**
 * The circuit relays that have served this peer, the latest first. Without a store, they are lost when the
 * peer stops.
 */
export class CircuitRelayRecord {
  readonly #store: CircuitRelayStore | undefined
  readonly #log: Log
  #kept: KeptCircuitRelay[] = []

  constructor(store: CircuitRelayStore | undefined, log: Log) {
    this.#store = store
    this.#log = log
  }

  /**
   * Loads the stored addresses, by peer ID. Invalid addresses are left out, and a failure is logged. Never
   * rejects.
   */
  async load(): Promise<Map<string, Multiaddr[]>> {
    try {
      this.#kept = (await this.#store?.load()) ?? []
    } catch (error) {
      this.#log('warn', `the stored circuit relays could not be read: ${messageOf(error)}`)
    }
    const byCircuitRelay = new Map<string, Multiaddr[]>()
    for (const { addresses } of this.#kept) {
      const known = addresses.flatMap(asPeerAddress)
      for (const [id, each] of addressesByPeer(known)) byCircuitRelay.set(id, each)
    }
    return byCircuitRelay
  }

  /** Records that a circuit relay serves this peer at these addresses, and stores the record. */
  keep(circuitRelay: string, addresses: Multiaddr[]): void {
    const known = new Set(addresses.map((address) => address.toString()))
    // An address that is only a peer ID is of no use after a restart, when the peer store is empty.
    const useful = [...known].filter((address) => !address.startsWith('/p2p/'))
    if (useful.length === 0) return
    const others = this.#kept.filter(
      (one) => !one.addresses.some((address) => address.endsWith(`/p2p/${circuitRelay}`)),
    )
    this.#kept = [{ addresses: useful, servedMs: Date.now() }, ...others].slice(0, MAX_KEPT_CIRCUIT_RELAYS)
    this.#store?.save(this.#kept).catch((error: unknown) => {
      this.#log('warn', `the circuit relays could not be stored: ${messageOf(error)}`)
    })
  }
}

function asPeerAddress(text: string): string[] {
  try {
    return [readPeerAddress(text)]
  } catch {
    // An earlier build may have stored something else, or the store may be damaged.
    return []
  }
}
