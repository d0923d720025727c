import type { KadDHT } from '@libp2p/kad-dht'
import type { Multiaddr } from '@multiformats/multiaddr'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { addressesOfPeer } from '../addresses/by-peer.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import type { Peer } from '../peer.ts'
import { backOffMs, timeoutSignal } from '../timeouts.ts'
import { MAX_ADDRESSES } from './limits.ts'

/** Milliseconds for one round of queries. */
const ROUND_TIMEOUT_MS = 60_000
/** Milliseconds between two rounds. The wait doubles from the first to the longest. */
const FIRST_INTERVAL_MS = 1_000
const LONGEST_INTERVAL_MS = 300_000
/** Milliseconds after which the provider record is stored again, unless the addresses have changed. */
const PROVIDE_INTERVAL_MS = 3_600_000
/** Providers that are used of one round. */
const MAX_PROVIDERS = 64

/** A peer that says in the DHT that it provides the namespace. Nobody has signed that. */
export interface ProvidedPeer {
  peer: string
  /** They end in the peer's `/p2p/…`. */
  addresses: Multiaddr[]
}

/** What a {@link ProviderSearch} needs. */
export interface ProviderSearchInit {
  namespace: string
  peer: Peer
  dht: KadDHT
  found(provided: ProvidedPeer): void
  log: Log
}

/** Returns the CID that stands for a namespace in the DHT, as go-libp2p's routing discovery computes it. */
export async function namespaceCid(namespace: string): Promise<CID> {
  return CID.createV1(raw.code, await sha256.digest(new TextEncoder().encode(namespace)))
}

/** Provides the CID of one namespace in the DHT, and looks for its other providers again and again. */
export class ProviderSearch {
  readonly #init: ProviderSearchInit
  readonly #stopping = new AbortController()
  #provided: { addresses: string; atMs: number } | undefined
  #rounds = 0
  #wake: () => void = () => undefined

  constructor(init: ProviderSearchInit) {
    this.#init = init
    void this.#run()
  }

  /** Begins the next round now, unless one is running. */
  hasten(): void {
    this.#rounds = Math.min(this.#rounds, 1)
    this.#wake()
  }

  /** Ends the search. Provider records at other peers expire later. Does not reject. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the search has ended'))
    this.#wake()
    const { dht, namespace, log } = this.#init
    try {
      if (this.#provided !== undefined) await dht.cancelReprovide(await namespaceCid(namespace))
    } catch (error) {
      log('debug', `a provider record was not removed: ${messageOf(error)}`)
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    const cid = await namespaceCid(this.#init.namespace)
    while (!signal.aborted) {
      this.#rounds += 1
      try {
        const within = AbortSignal.any([signal, timeoutSignal(ROUND_TIMEOUT_MS)])
        await this.#provide(cid, within)
        await this.#find(cid, within)
      } catch (error) {
        this.#init.log('debug', `a search for providers failed: ${messageOf(error)}`)
      }
      await this.#rest(backOffMs(this.#rounds, FIRST_INTERVAL_MS, LONGEST_INTERVAL_MS))
    }
  }

  async #provide(cid: CID, signal: AbortSignal): Promise<void> {
    const { dht, peer } = this.#init
    const addresses = peer.addresses.join()
    const known = this.#provided
    const isFresh = known?.addresses === addresses && performance.now() - known.atMs < PROVIDE_INTERVAL_MS
    if (addresses === '' || isFresh) return
    let stored = 0
    for await (const event of dht.provide(cid, { signal })) if (event.name === 'PEER_RESPONSE') stored += 1
    if (stored > 0) this.#provided = { addresses, atMs: performance.now() }
  }

  async #find(cid: CID, signal: AbortSignal): Promise<void> {
    const { dht, peer } = this.#init
    let left = MAX_PROVIDERS
    for await (const event of dht.findProviders(cid, { signal })) {
      if (event.name !== 'PROVIDER') continue
      for (const { id, multiaddrs } of event.providers) {
        if ((left -= 1) < 0) return
        const addresses = addressesOfPeer(multiaddrs.slice(0, MAX_ADDRESSES), id)
        if (addresses.length > 0) await peer.libp2p.peerStore.merge(id, { multiaddrs: addresses }, { signal })
        this.#init.found({ peer: id.toString(), addresses })
      }
    }
  }

  async #rest(ms: number): Promise<void> {
    if (this.#stopping.signal.aborted) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = () => undefined
  }
}
