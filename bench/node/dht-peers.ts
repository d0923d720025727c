/**
 * A process that holds a part of the js-libp2p peers of one DHT. The process that has started it tells it
 * when to begin a peer, and who is there already; the ways of the DHT do the rest.
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
 * What the process is asked, one at a time: to begin a peer beside those at these multiaddrs, or how much its
 * peers know.
 */
export type Request = { kind: 'begin'; others: readonly string[] } | { kind: 'count' }

/**
 * What it answers: the multiaddr of the peer, which has entered the network, or the entries of all routing
 * tables together.
 */
export type Response =
  | { kind: 'begun'; address: string }
  | { kind: 'counted'; entries: number }
  | { kind: 'failed'; reason: string }

/** Milliseconds for what takes one on a machine that has nothing else to do: hundreds of peers share it. */
const PATIENCE_MS = 60_000
/** Connections of one peer at once: none is closed for another's sake. */
const MAX_CONNECTIONS = 1000
/** Peers of the network that a new one dials, any of them, to enter it. */
const ACQUAINTANCES = 3
/** Peers that it dials besides, those whose IDs are closest to its own. */
const NEIGHBOURS = 5

const tables: SingleKadDHT['routingTable'][] = []

/** A few of these, any, and those closest to an ID by the metric of the DHT. */
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

/** Where a peer is among the others. */
function hashed(id: string): Uint8Array {
  return createHash('sha256').update(peerIdFromString(id).toMultihash().bytes).digest()
}

/**
 * Settles once the peer has made the walk to its neighbours that kad-dht makes at the start.
 *
 * A walk from few peers goes on only to those who are closer than the one who has named them: now and then it
 * ends before it is there, and nobody finds the peer until it walks again, five minutes later. So that it is
 * with its neighbours at once, it dials some of them.
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
      dialTimeout: PATIENCE_MS,
      addressDialTimeout: PATIENCE_MS,
      inboundUpgradeTimeout: PATIENCE_MS,
    },
    // It would ping the tens of thousands of connections of a large network every ten seconds.
    connectionMonitor: { enabled: false },
    services: {
      identify: identify(),
      ping: ping(),
      // It walks to its neighbours, and to somebody far, as soon as it knows one peer.
      dht: kadDHT({ ...LOCAL_DHT, allowQueryWithZeroPeers: false, initialQuerySelfInterval: 0 }),
    },
  })
  // It is not the interface's, but what the factory gives has it.
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
