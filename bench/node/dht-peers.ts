/**
 * A process that holds some of the js-libp2p peers of one DHT. The parent process tells it when to start a
 * peer and which peers there are; the DHT does the rest.
 */
import '../../src/node/polyfill.ts'
import { createHash } from 'node:crypto'
import { identify } from '@libp2p/identify'
import type { PeerId } from '@libp2p/interface'
import type { SingleKadDHT } from '@libp2p/kad-dht'
import { kadDHT } from '@libp2p/kad-dht'
import { noise } from '@chainsafe/libp2p-noise'
import { peerIdFromString } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@chainsafe/libp2p-yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { LOCAL_DHT } from '../../test/support/peers.ts'

/**
 * A request to the process, one at a time: to start a peer beside those at these multiaddrs, or to say how
 * much its peers know.
 */
export type Request = { kind: 'begin'; others: readonly string[] } | { kind: 'count' }

/**
 * The answer: the multiaddr of the peer, which has joined the network, or the number of entries in all
 * routing tables together.
 */
export type Response =
  | { kind: 'begun'; address: string }
  | { kind: 'counted'; entries: number }
  | { kind: 'failed'; reason: string }

/**
 * A timeout in milliseconds, much longer than on an idle machine, because hundreds of peers share this one.
 */
const TIMEOUT_MS = 60_000
/** The connection limit of one peer, so high that no connection is closed to make room. */
const MAX_CONNECTIONS = 1000
/** How many random peers of the network a new one dials to join it. */
const ACQUAINTANCES = 3
/** How many more it dials, whose IDs are closest to its own. */
const NEIGHBOURS = 5

const tables: SingleKadDHT['routingTable'][] = []

/** Some random ones of these, and those closest to an ID by the metric of the DHT. */
function whomToDial(addresses: readonly string[], id: PeerId): Set<string> {
  const own = hashed(id.toString())
  const distances = addresses.map((address) => {
    const other = hashed(address.slice(address.lastIndexOf('/') + 1))
    return { address, distance: own.map((byte, index) => byte ^ (other[index] ?? 0)) }
  })
  const closest = distances.toSorted((one, other) => Buffer.compare(one.distance, other.distance))
  const any = addresses.map((address) => ({ address, lot: Math.random() }))
  return new Set([
    ...any
      .toSorted((one, other) => one.lot - other.lot)
      .slice(0, ACQUAINTANCES)
      .map(({ address }) => address),
    ...closest.slice(0, NEIGHBOURS).map(({ address }) => address),
  ])
}

/** The position of a peer among the others. */
function hashed(id: string): Uint8Array {
  return createHash('sha256').update(peerIdFromString(id).toMultihash().bytes).digest()
}

/**
 * Settles once the peer has completed kad-dht's initial walk to its neighbours.
 * A walk from few peers continues only at peers that are closer than the one that named them. Now and then it
 * ends early, and nobody finds the peer until it walks again five minutes later. So the peer dials some of
 * its neighbours itself.
 */
async function begin(others: readonly string[]): Promise<string> {
  const libp2p = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    connectionManager: {
      maxConnections: MAX_CONNECTIONS,
      maxIncomingPendingConnections: MAX_CONNECTIONS,
      inboundConnectionThreshold: MAX_CONNECTIONS,
      dialTimeout: TIMEOUT_MS,
      addressDialTimeout: TIMEOUT_MS,
      inboundUpgradeTimeout: TIMEOUT_MS,
    },
    // It would ping the tens of thousands of connections of a large network every ten seconds.
    connectionMonitor: { enabled: false },
    services: {
      identify: identify(),
      ping: ping(),
      // It walks to its neighbours, and to a random distant peer, as soon as it knows one peer.
      dht: kadDHT({ ...LOCAL_DHT, allowQueryWithZeroPeers: false, initialQuerySelfInterval: 0 }),
    },
  })
  // The interface doesn't have it, but the factory's result does.
  tables.push((libp2p.services.dht as SingleKadDHT).routingTable)
  const events: EventTarget = libp2p
  const walked = new Promise((resolve) => {
    events.addEventListener('kad-dht:query:self', resolve, { once: true })
  })
  const dialled = whomToDial(others, libp2p.peerId)
  await Promise.all([...dialled].map((address) => libp2p.dial(multiaddr(address))))
  if (dialled.size > 0) await walked
  return String(libp2p.getMultiaddrs()[0])
}

async function answer(request: Request): Promise<Response> {
  if (request.kind === 'count') {
    return { kind: 'counted', entries: tables.reduce((sum, { size }) => sum + size, 0) }
  }
  try {
    return { kind: 'begun', address: await begin(request.others) }
  } catch (error) {
    return { kind: 'failed', reason: String(error) }
  }
}

process.on('message', (request: Request) => {
  void answer(request).then((response) => process.send?.(response))
})
process.on('disconnect', () => process.exit())
