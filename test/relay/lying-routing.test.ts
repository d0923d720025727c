import '../support/polyfill.ts'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { kadDHT } from '@libp2p/kad-dht'
import type { Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, test } from 'vitest'
import type { Relay } from '../../src/relay/index.ts'
import { routingServices } from '../../src/relay/index.ts'
import { wsHost } from '../support/hosts.ts'
import { LOCAL_DHT, makeRelay, startReferencePeer } from '../support/peers.ts'
import { RelayClient } from '../support/relay-client.ts'
import { until } from '../support/until.ts'

const PROTOCOL = '/x/lies'
/** Nobody listens here. A DHT server's peer store puts the trap before these addresses. */
const DEAD = Array.from({ length: 20 }, (_, index) => `/ip4/127.0.0.2/tcp/${index + 1}`)

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function startClient(relay: Relay): Promise<RelayClient> {
  const served = await wsHost.serve(relay)
  cleanups.push(
    () => relay.stop(),
    () => served.close(),
  )
  const client = new RelayClient()
  client.socket = await served.connect(client)
  await client.start()
  return client
}

async function startFar(): Promise<Libp2p> {
  const far = await startReferencePeer()
  cleanups.push(async () => await far.stop())
  await far.handle(PROTOCOL, () => undefined)
  return far
}

/** A delegated routing endpoint that, once switched on, answers every request with these addresses. */
async function serveRouting(peer: string, addrs: string[], ready: Promise<unknown>): Promise<string> {
  const server = createServer((_, response) => {
    void ready.then(() => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' })
      response.end(`${JSON.stringify({ Schema: 'peer', ID: peer, Addrs: addrs, Protocols: [] })}\n`)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(async () => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** An address that cuts off every connection; `believed` resolves when one has arrived. */
async function startTrap(): Promise<{ address: string; believed: Promise<unknown> }> {
  const server = createTcpServer((socket) => socket.destroy())
  server.listen(0, '127.0.0.1')
  const believed = once(server, 'connection')
  await once(server, 'listening')
  cleanups.push(async () => server.close())
  return { address: `/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}`, believed }
}

async function expectConnected(client: RelayClient): Promise<void> {
  await until('an answer', () => client.all('peerConnection')[0] ?? client.all('peerConnectionRefused')[0])
  expect(client.all('peerConnectionRefused')).toEqual([])
}

test.each([3, 20])(
  'a routing server that answers with %i dead addresses does not hide a peer that another one knows',
  async (count) => {
    const far = await startFar()
    const peer = far.peerId.toString()
    const trap = await startTrap()
    const lies = [trap.address, ...DEAD.slice(1, count)]
    const liar = await serveRouting(peer, lies, Promise.resolve())
    const honest = await serveRouting(peer, far.getMultiaddrs().map(String), trap.believed)
    const relay = makeRelay({
      services: await routingServices({ bootstrap: [], delegatedRouting: [liar, honest] }, 'client'),
    })
    const client = await startClient(relay)
    client.connect(peer, PROTOCOL)
    await expectConnected(client)
  },
)

test.each([3, 20])(
  'a DHT server that answers with %i dead addresses does not hide a peer that another one knows',
  async (count) => {
    const far = await startFar()
    const trap = await startTrap()
    const servers = await Promise.all([startReferencePeer({ dht: true }), startReferencePeer({ dht: true })])
    for (const server of servers) cleanups.push(async () => await server.stop())
    const [liar, honest] = servers
    const lies = [trap.address, ...DEAD.slice(1, count)].map((address) => multiaddr(address))
    await liar.peerStore.merge(far.peerId, { multiaddrs: lies })
    const relay = makeRelay({
      network: { bootstrap: servers.map((server) => String(server.getMultiaddrs()[0])) },
      services: { dht: kadDHT({ ...LOCAL_DHT, clientMode: true }) },
    })
    const client = await startClient(relay)
    await until('both servers to be in its table', () => relay.status().peer?.routing.dht?.peers === 2)
    client.connect(far.peerId.toString(), PROTOCOL)
    await trap.believed
    await honest.peerStore.merge(far.peerId, { multiaddrs: far.getMultiaddrs() })
    await expectConnected(client)
  },
)
