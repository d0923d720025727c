import '../support/polyfill.ts'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromString } from '@libp2p/peer-id'
import { afterEach, expect, test } from 'vitest'
import { encodePeerAddress } from '../../src/protocol/index.ts'
import type { NodeRelay } from '../../src/node/peer/node-relay.ts'
import type { NetworkConfig } from '../../src/relay/index.ts'
import { EMPTY_NETWORK, routingServices, webSocketTransport } from '../../src/relay/index.ts'
import { wsHost } from '../support/hosts.ts'
import { browserAddressOf, neighboursOf, startNodePeer } from '../support/node-peer.ts'
import { makeRelay, startReferencePeer } from '../support/peers.ts'
import { RelayClient } from '../support/relay-client.ts'
import { until } from '../support/until.ts'

const PROTOCOL = '/x/by-id'
const NODES = 12

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function startNode(bootstrapPeers: string[]): Promise<NodeRelay> {
  const node = await startNodePeer(bootstrapPeers)
  cleanups.push(() => node.stop())
  return node
}

/** A client of a relay with everything that a browser's worker has, except WebRTC. */
async function startBrowser(network: Partial<NetworkConfig>): Promise<{ client: RelayClient; peer: string }> {
  const relay = makeRelay({
    network,
    transports: [webSocketTransport()],
    listen: [],
    // A dozen nodes in one process may take longer to grant a reservation than a page would wait.
    bounds: { identifyTimeoutMs: 30_000 },
    services: await routingServices({ ...EMPTY_NETWORK, ...network }, 'client'),
  })
  const served = await wsHost.serve(relay)
  cleanups.push(
    () => relay.stop(),
    () => served.close(),
  )
  const client = new RelayClient()
  client.socket = await served.connect(client)
  const { peer, public: isPublic } = await client.start()
  expect(isPublic).toBe((network.relays ?? []).length > 0)
  return { client, peer }
}

test(
  'a browser on one of twelve circuit relays finds a browser on another by its ID alone',
  { timeout: 180_000 },
  async () => {
    const first = await startNode([])
    const entry = await browserAddressOf(first)
    const others = await Promise.all(Array.from({ length: NODES - 1 }, () => startNode([entry])))
    await until(
      'the nodes to know each other',
      () => [first, ...others].every((node) => neighboursOf(node) >= NODES - 1),
      120_000,
    )
    const [second, third] = others
    if (second === undefined || third === undefined) throw new Error('there are too few nodes')
    // They enter the network at different places: the two entry points have no peer in common.
    const [theirs, mine] = [[await browserAddressOf(second)], [await browserAddressOf(third)]]
    const far = await startBrowser({ relays: theirs, bootstrap: theirs })
    await far.client.listen(PROTOCOL)
    const near = await startBrowser({ relays: mine, bootstrap: mine })

    near.client.connect(far.peer, PROTOCOL)
    await near.client.next('peerConnection')
  },
)

test('a peer that nobody knows is not found, and the error says so', async () => {
  const node = await startNode([])
  const near = await startBrowser({ bootstrap: [await browserAddressOf(node)] })
  const stranger = '12D3KooWCPmGBaYTVwF3eSVQbuEunLM6PFazPegk4mf4LKdkzk9F'
  near.client.connect(stranger, PROTOCOL)
  expect((await near.client.next('peerConnectionRefused')).error).toBe(
    `no address is known for ${stranger}: ask for its connect string`,
  )
})

test('a bootstrap peer that is down at the start is used once it is up', async () => {
  const key = await generateKeyPair('Ed25519')
  const before = await startReferencePeer({ privateKey: key })
  const [address] = before.getMultiaddrs().map(String)
  if (address === undefined) throw new Error('it does not listen')
  await before.stop()
  const relay = makeRelay({ network: { bootstrap: [address] } })
  cleanups.push(() => relay.stop())
  await relay.start()
  const after = await startReferencePeer({ privateKey: key, port: Number(address.split('/')[4]) })
  cleanups.push(async () => await after.stop())
  await until('the connection to it', () => after.getConnections().length > 0)
})

/**
 * A delegated routing endpoint (HTTP Routing V1) that knows these peers and records the requests in `asked`.
 */
async function serveRouting(peers: Map<string, string[]>): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = []
  const byCid = new Map(
    [...peers].map(([peer, addrs]) => [peerIdFromString(peer).toCID().toString(), { peer, addrs }]),
  )
  const server = createServer(({ url = '' }, response) => {
    asked.push(url)
    const known = byCid.get(url.split('/').at(-1)?.split('?')[0] ?? '')
    if (!url.startsWith('/somewhere/routing/v1/peers/') || known === undefined) {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    response.end(`${JSON.stringify({ Schema: 'peer', ID: known.peer, Addrs: known.addrs, Protocols: [] })}\n`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(resolve)
      }),
  )
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/somewhere`, asked }
}

test('delegated routing finds a peer even if one of the endpoints is down', async () => {
  const far = await startNode([])
  const { peer } = far.status() as { peer: { id: string } }
  const { url, asked } = await serveRouting(new Map([[peer.id, [await browserAddressOf(far)]]]))
  const near = await startBrowser({ delegatedRouting: ['http://127.0.0.1:9/', url] })
  near.client.connect(peer.id, '/ipfs/ping/1.0.0')
  await near.client.next('peerConnection')
  // On a busy machine, the dial takes longer than the pause before the same question is repeated.
  expect(new Set(asked).size).toBe(1)
})

test('a peer is found at its new addresses even if others still know the old ones', async () => {
  const key = await generateKeyPair('Ed25519')
  const before = await startReferencePeer({ privateKey: key })
  const [old = ''] = before.getMultiaddrs().map(String)
  const id = before.peerId.toString()
  await before.stop()
  const after = await startReferencePeer({ privateKey: key })
  cleanups.push(async () => await after.stop())
  await after.handle(PROTOCOL, () => undefined)
  const { url } = await serveRouting(new Map([[id, after.getMultiaddrs().map(String)]]))
  const relay = makeRelay({
    services: await routingServices({ bootstrap: [], delegatedRouting: [url] }, 'client'),
  })
  const served = await wsHost.serve(relay)
  cleanups.push(
    () => relay.stop(),
    () => served.close(),
  )
  const client = new RelayClient()
  client.socket = await served.connect(client)
  await client.start()
  client.connect(encodePeerAddress({ peer: id, addrs: [old] }), PROTOCOL)
  await client.next('peerConnection')
})
