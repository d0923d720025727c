import '../support/polyfill.ts'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { webRTCDirect } from '@libp2p/webrtc'
import { createLibp2p } from 'libp2p'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { hasOpenWebRtc } from '../../src/node/peer/libp2p/open-webrtc.ts'
import { encodePeerAddress } from '../../src/protocol/index.ts'
import type { Relay } from '../../src/relay/index.ts'
import { wsHost } from '../support/hosts.ts'
import { makeRelay } from '../support/peers.ts'
import { RelayClient } from '../support/relay-client.ts'
import { until } from '../support/until.ts'

const PROTOCOL = '/x/webrtc-direct-ends'

let remote: Libp2p
let remoteEnds: { stream: Stream; connection: Connection }[] = []
let relay: Relay
/** Those of the relay. */
let connections: () => Connection[]
let client: RelayClient
const cleanups: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  remote = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/udp/0/webrtc-direct'] },
    transports: [webRTCDirect()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
  })
  await remote.handle(PROTOCOL, (stream, connection) => void remoteEnds.push({ stream, connection }))
  relay = makeRelay({
    transports: [
      (components) => {
        connections = () => components.connectionManager.getConnections()
        return webRTCDirect()(components)
      },
    ],
    listen: [],
    isStanding: hasOpenWebRtc,
  })
  const served = await wsHost.serve(relay)
  client = new RelayClient()
  client.socket = await served.connect(client)
  await client.start()
  cleanups.push(
    async () => await remote.stop(),
    () => relay.stop(),
    () => served.close(),
  )
})

afterEach(() => {
  remoteEnds = []
})

afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
})

/** A connection from the client to the remote, and its other end. */
async function connect(): Promise<{ id: bigint; stream: Stream; connection: Connection }> {
  const connections = client.all('peerConnection').length
  const ends = remoteEnds.length
  const addrs = remote.getMultiaddrs().map((address) => address.toString())
  client.connect(encodePeerAddress({ peer: remote.peerId.toString(), addrs }), PROTOCOL, false)
  const { id } = await client.next('peerConnection', connections)
  const end = await until('the remote to have the stream', () => remoteEnds[ends])
  return { id, ...end }
}

const reasonOf = (id: bigint): string | undefined =>
  client.all('connectionClosed').find((message) => message.id === id)?.reason

/** The remote's own WebRTC connection, which ends without a message on any stream. */
function endOf(connection: Connection): RTCPeerConnection {
  const { maConn } = connection as Connection & { maConn?: { peerConnection?: RTCPeerConnection } }
  if (maConn?.peerConnection === undefined) throw new Error('@libp2p/webrtc has changed: no peerConnection')
  return maConn.peerConnection
}

/** Closes a stream's channel as go-libp2p does behind a reset: the reset itself doesn't always arrive. */
function closeChannel(stream: Stream): void {
  const { channel } = stream as Stream & { channel?: RTCDataChannel }
  if (channel === undefined) throw new Error('@libp2p/webrtc has changed: its streams have no channel')
  channel.close()
}

const reset: [string, (stream: Stream) => void][] = [
  ['resets its stream', (stream) => stream.abort(new Error('the remote has had enough'))],
  ["closes its stream's channel without a message", closeChannel],
]

test.each(reset)('a remote that %s over webrtc-direct is always reported as a reset', async (_, end) => {
  for (let times = 0; times < 8; times++) {
    const { id, stream } = await connect()
    stream.send(new Uint8Array(1_000))
    await until('the bytes', () => client.dataOf(id).byteLength === 1_000)
    end(stream)
    expect(await until('the end', () => reasonOf(id))).toBe('the other side reset the stream')
  }
  expect(relay.status().peer?.connections.length).toBe(1)
})

test("a remote's reset is reported as such even while the client is sending", async () => {
  const { id, stream } = await connect()
  for (let sent = 0; sent < 4_000_000; sent += 50_000)
    client.send({ type: 'data', id, data: new Uint8Array(50_000) })
  await new Promise((resolve) => stream.addEventListener('message', resolve, { once: true }))
  closeChannel(stream)
  expect(await until('the end', () => reasonOf(id))).toBe('the other side reset the stream')
})

test("a remote's regular end of a stream over webrtc-direct is reported as such", async () => {
  const { id, stream } = await connect()
  stream.send(new Uint8Array(100_000))
  await stream.close()
  expect(await until('the end', () => reasonOf(id))).toBe('EOF')
  expect(client.dataOf(id).byteLength).toBe(100_000)
})

const lost: [string, (connection: Connection) => void][] = [
  ['the other side ends', (connection) => endOf(connection).close()],
  ['this side gives up', () => connections()[0]?.abort(new Error('no byte came'))],
]

test.each(lost)('a connection over webrtc-direct is lost, not reset, when %s', async (_, end) => {
  const { id, stream, connection } = await connect()
  stream.send(new Uint8Array(1_000))
  await until('the bytes', () => client.dataOf(id).byteLength === 1_000)
  end(connection)
  expect(await until('the end', () => reasonOf(id))).toMatch(
    /^connection lost: the connection to \w+ over \/ip4\/127\.0\.0\.1\/udp\/\d+\/webrtc-direct\/\S+ ended$/,
  )
})
