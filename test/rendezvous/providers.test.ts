import '../support/polyfill.ts'
import type { Libp2p } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Client } from '../../src/client/index.ts'
import { connect } from '../../src/client/index.ts'
import { EMPTY_NETWORK, routingServices } from '../../src/relay/index.ts'
import { namespaceCid } from '../../src/relay/rendezvous/provider-search.ts'
import { wsHost } from '../support/hosts.ts'
import { makeRelay, startReferencePeer } from '../support/peers.ts'

const NAMESPACE = 'tea'

const cleanups: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A peer that serves the DHT, and is neither a circuit relay nor a rendezvous point. */
async function startServer(): Promise<Libp2p<{ dht: KadDHT }>> {
  const libp2p = await startReferencePeer({ dht: true })
  cleanups.push(async () => await libp2p.stop())
  return libp2p as Libp2p<{ dht: KadDHT }>
}

/** A page of a peer that only asks in the DHT of this server, as a browser does. */
async function startPage(server: Libp2p): Promise<Client> {
  const network = { ...EMPTY_NETWORK, bootstrap: server.getMultiaddrs().map(String), reservations: 0 }
  const relay = makeRelay({ network, services: await routingServices(network, 'client') })
  const served = await wsHost.serve(relay)
  cleanups.push(
    () => relay.stop(),
    () => served.close(),
  )
  const client = await connect(served.url ?? '', { WebSocket })
  cleanups.push(() => client.close())
  return client
}

test('the CID of a namespace is that of go-libp2p’s routing discovery', async () => {
  // A CIDv1 (01) of raw bytes (55), with the SHA-256 (12 20) of "tea".
  expect(Buffer.from((await namespaceCid('tea')).bytes).toString('hex')).toBe(
    '01551220a9f74d1ec36ebdeb2da3f6e5868090cd2a2d20b3dcca7b62f60304b1d3d9ef42',
  )
})

test('two pages find each other in the DHT, without a rendezvous point', async () => {
  const server = await startServer()
  const [one, other] = [await startPage(server), await startPage(server)]
  const finders = [one.findPeers(NAMESPACE), other.findPeers(NAMESPACE)]
  const found = await Promise.all(
    finders.map(async (finder) => (await finder[Symbol.asyncIterator]().next()).value?.peer),
  )
  expect(found).toEqual([other.peer, one.peer])
})
