import '../support/polyfill.ts'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { tcp } from '@libp2p/tcp'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, test } from 'vitest'
import { encodePeerAddress } from '../../src/protocol/index.ts'
import { webSocketTransport } from '../../src/relay/index.ts'
import { wsHost } from '../support/hosts.ts'
import { makeRelay, startReferencePeer } from '../support/peers.ts'
import { RelayClient } from '../support/relay-client.ts'
import { until } from '../support/until.ts'

const PROTOCOL = '/x/bounds'
const DIALS = 500
const MOST_PENDING = 20
const AT_ONCE = 16

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A server that accepts connections and never answers. */
async function startSilence(): Promise<{ port: number; open: Set<Socket>; most: () => number }> {
  const open = new Set<Socket>()
  let most = 0
  const server = createServer((socket) => {
    open.add(socket.resume())
    most = Math.max(most, open.size)
    socket.on('error', () => undefined)
    socket.on('close', () => open.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(async () => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { port, open, most: () => most }
}

type Open = (address: Multiaddr, signal: AbortSignal) => Promise<Connection>

/** A client, and the function through which kad-dht and other services of its peer open connections. */
async function start(): Promise<{ client: RelayClient; open: Open }> {
  let open: Open | undefined
  const relay = makeRelay({
    transports: [
      (components) => {
        open = (address, signal) => components.connectionManager.openConnection(address, { signal })
        return tcp()(components)
      },
      webSocketTransport(),
    ],
  })
  const served = await wsHost.serve(relay)
  cleanups.push(
    () => relay.stop(),
    () => served.close(),
  )
  const client = new RelayClient()
  client.socket = await served.connect(client)
  await client.start()
  if (open === undefined) throw new Error('the peer has no connection manager')
  return { client, open }
}

async function strangers(): Promise<string[]> {
  const keys = await Promise.all(Array.from({ length: DIALS }, () => generateKeyPair('Ed25519')))
  return keys.map((key) => peerIdFromPrivateKey(key).toString())
}

test.each(['', '/ws'])(
  `${DIALS} dials of silent addresses (tcp%s) never have more than ${MOST_PENDING} connections pending, and a Connect overtakes them`,
  async (suffix) => {
    const silence = await startSilence()
    const { client, open } = await start()
    const far = await startReferencePeer()
    cleanups.push(async () => await far.stop())
    await far.handle(PROTOCOL, () => undefined)

    const giveUp = new AbortController()
    const dials = (await strangers()).map((peer) =>
      open(multiaddr(`/ip4/127.0.0.1/tcp/${silence.port}${suffix}/p2p/${peer}`), giveUp.signal).then(
        () => 'connected',
        () => 'failed',
      ),
    )
    await until('the allowed number of dials', () => silence.open.size === AT_ONCE)
    const started = performance.now()
    const target = { peer: far.peerId.toString(), addrs: far.getMultiaddrs().map(String) }
    client.connect(encodePeerAddress(target), PROTOCOL)
    await client.next('peerConnection')
    console.log(`connected in ${Math.round(performance.now() - started)} ms, with ${DIALS} dials under way`)
    giveUp.abort()
    expect(new Set(await Promise.all(dials))).toEqual(new Set(['failed']))
    expect(silence.most()).toBeLessThanOrEqual(MOST_PENDING)
    await until('all dials to end', () => silence.open.size === 0)
  },
)
