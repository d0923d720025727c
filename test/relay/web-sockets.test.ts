import '../support/polyfill.ts'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { multiaddrToUri } from '@multiformats/multiaddr-to-uri'
import { afterEach, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { encodePeerAddress } from '../../src/protocol/index.ts'
import { webSocketTransport } from '../../src/relay/index.ts'
import { Peer } from '../../src/relay/peer.ts'
import { startHastyServer } from '../support/hasty-server.ts'
import { wsHost } from '../support/hosts.ts'
import { loopbackCertificate } from '../support/loopback-certificate.ts'
import { makeRelay, startReferencePeer } from '../support/peers.ts'
import { RelayClient } from '../support/relay-client.ts'
import { until } from '../support/until.ts'

const PEER = '12D3KooWCPmGBaYTVwF3eSVQbuEunLM6PFazPegk4mf4LKdkzk9F'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Connects to a WebSocket address where nobody answers, and gives up after 0.3 s. */
async function dialInVain(port: number, refusal?: string): Promise<string> {
  const relay = makeRelay({
    bounds: { connectTimeoutMs: 300 },
    transports: [webSocketTransport({ refusal: async () => refusal })],
    listen: [],
  })
  const served = await wsHost.serve(relay)
  cleanups.push(
    () => relay.stop(),
    () => served.close(),
  )
  const client = new RelayClient()
  client.socket = await served.connect(client)
  await client.start()
  client.connect(encodePeerAddress({ peer: PEER, addrs: [`/ip4/127.0.0.1/tcp/${port}/ws`] }), '/x/y')
  return (await client.next('peerConnectionRefused')).error
}

test('an aborted dial leaves no socket to a server that never opens the WebSocket', async () => {
  const sockets: Socket[] = []
  const server = createServer((socket) => void sockets.push(socket.resume()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(async () => server.close())
  const { port } = server.address() as AddressInfo
  expect(await dialInVain(port)).toContain('gave up after 0.3 s')
  await until('the sockets to be closed', () => sockets.length > 0 && sockets.every((one) => one.destroyed))
})

test('an aborted dial leaves no socket to a server that opens the WebSocket and stays silent', async () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  cleanups.push(async () => server.close())
  const opened: unknown[] = []
  server.on('connection', (socket) => opened.push(socket))
  const { port } = server.address() as AddressInfo
  expect(await dialInVain(port)).toContain('gave up after 0.3 s')
  await until('the WebSockets to be closed', () => opened.length > 0 && server.clients.size === 0)
})

test("an address that the host refuses is not dialled, and the error gives the host's reason", async () => {
  const server = createServer(() => expect.fail('it was dialled'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(async () => server.close())
  const { port } = server.address() as AddressInfo
  expect(await dialInVain(port, 'the browser does not let it')).toContain('(the browser does not let it)')
})

test.each(['ws', 'tls/ws'])(
  'a message in the packet that opens the WebSocket is received, over %s',
  async (scheme) => {
    const peer = await startReferencePeer({ listen: ['/ip4/127.0.0.1/tcp/0/ws'], webSockets: true })
    cleanups.push(async () => await peer.stop())
    await peer.handle('/x/y', (stream) => {
      stream.addEventListener('message', ({ data }) => stream.send(data))
    })
    const backend = await until('its address', () =>
      peer.getMultiaddrs().find((address) => address.toString().includes('/ws')),
    )
    const certificate = scheme === 'ws' ? undefined : await loopbackCertificate()
    const server = await startHastyServer(multiaddrToUri(backend), certificate)
    cleanups.push(() => server.close())
    // No trust store contains this certificate.
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'] ?? '1'
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    cleanups.push(async () => {
      process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
    })
    for (let times = 1; times <= 5; times++) {
      const relay = makeRelay({ transports: [webSocketTransport()], listen: [] })
      const served = await wsHost.serve(relay)
      cleanups.push(
        () => relay.stop(),
        () => served.close(),
      )
      const client = new RelayClient()
      client.socket = await served.connect(client)
      await client.start()
      const addrs = [`/ip4/127.0.0.1/tcp/${server.port}/${scheme}`]
      client.connect(encodePeerAddress({ peer: peer.peerId.toString(), addrs }), '/x/y', false)
      await until('an answer', () => client.received.some(({ type }) => type.startsWith('peerConnection')))
      expect(client.all('peerConnectionRefused')).toEqual([])
      const { id } = await client.next('peerConnection')
      client.send({ type: 'data', id, data: Buffer.from('hello') })
      await until('the echo', () => client.dataOf(id).toString() === 'hello')
      expect(server.opened).toBe(times)
    }
  },
)

test('an aborted connection is closed at the other side, whichever side aborts it', async () => {
  const start = async (listen: string[]): Promise<Peer> => {
    const privateKey = await generateKeyPair('Ed25519')
    const peer = await Peer.create({
      privateKey,
      listen,
      transports: [webSocketTransport()],
      queueTask: setImmediate,
    })
    cleanups.push(() => peer.stop())
    return peer
  }
  const [near, far] = [await start([]), await start(['/ip4/127.0.0.1/tcp/0/ws'])]
  const [address = ''] = far.addresses
  for (const aborting of [near, far]) {
    await near.libp2p.dial(multiaddr(address))
    await until('both ends', () => far.libp2p.getConnections().length === 1)
    // Without a muxer's farewell, as when the path was cut and came back.
    const [connection] = aborting.libp2p.getConnections()
    const { maConn } = connection as unknown as { maConn: { abort(error: Error): void } }
    maConn.abort(new Error('this test ends it'))
    await until('both ends to be gone', () =>
      [near, far].every(({ libp2p }) => libp2p.getConnections().length === 0),
    )
  }
})
