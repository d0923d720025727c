import type { Libp2p, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { backOffMs, pause } from './patience.ts'
import { ownAddresses } from './peer-addresses.ts'

/**
 * Milliseconds for which a peer that nobody knows is looked for again: this peer may just be entering the network, or the other
 * one may be about to be known there.
 */
const PATIENCE_MS = 6_000
/** Milliseconds between two lookups, at first and at most. */
const FIRST_BACKOFF_MS = 500
const LONGEST_BACKOFF_MS = 2_000

/**
 * The addresses that the network knows of a peer: the DHT and delegated routing are asked, and not what they remember here.
 * None if nobody knows it, or at once if there is nobody to ask. Rejects with the signal's reason, or as peer routing does.
 */
export async function lookUp({ peerRouting }: Libp2p, id: PeerId, signal: AbortSignal): Promise<Multiaddr[]> {
  const endMs = performance.now() + PATIENCE_MS
  for (let failures = 1; ; failures += 1) {
    try {
      const { multiaddrs } = await peerRouting.findPeer(id, { signal, useCache: false })
      const own = ownAddresses(multiaddrs, id)
      if (own.length > 0) return own
    } catch (error) {
      signal.throwIfAborted()
      const name = error instanceof Error ? error.name : ''
      if (name === 'NoPeerRoutersError') return []
      if (name !== 'NotFoundError') throw error
    }
    const restMs = backOffMs(failures, FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS)
    if (performance.now() + restMs > endMs) return []
    await pause(restMs, signal)
  }
}
