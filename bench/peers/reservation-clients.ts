/**
 * A process of many peers, each of which holds one reservation on a circuit relay, as a browser does. A
 * message says how many to add, and the answer says how many it holds in all. It ends with its parent
 * process.
 */
import '../../src/node/polyfill.ts'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { ping } from '@libp2p/ping'
import { createLibp2p } from 'libp2p'
import { webSocketTransport } from '../../src/relay/index.ts'

/** How many peers are started at the same time. */
const AT_ONCE = 8

/** A message to the process. */
export interface MorePeers {
  relay: string
  count: number
}

/** The answer: how many reservations all its peers hold. */
export interface PeersHeld {
  held: number
}

const peers: Libp2p[] = []

async function startPeer(relay: string): Promise<void> {
  peers.push(
    await createLibp2p({
      addresses: { listen: [`${relay}/p2p-circuit`] },
      transports: [webSocketTransport(), circuitRelayTransport()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionGater: { denyDialMultiaddr: () => false },
      services: { identify: identify(), ping: ping() },
    }),
  )
}

async function startPeers({ relay, count }: MorePeers): Promise<void> {
  let left = count
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (left > 0) {
        left -= 1
        await startPeer(relay)
      }
    }),
  )
  const held = peers.filter((peer) =>
    peer.getMultiaddrs().some((address) => address.toString().includes('/p2p-circuit')),
  ).length
  process.send?.({ held } satisfies PeersHeld)
}

process.on('message', (more: MorePeers) => void startPeers(more))
process.on('disconnect', () => process.exit())
