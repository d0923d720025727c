import '../support/polyfill.ts'
import type { StreamMuxer } from '@libp2p/interface'
import { yamux } from '@chainsafe/libp2p-yamux'
import { afterEach, expect, test } from 'vitest'
import { encodePeerAddress } from '../../src/protocol/index.ts'
import { wsHost } from '../support/hosts.ts'
import { makeRelay, startReferencePeer } from '../support/peers.ts'
import { RelayClient } from '../support/relay-client.ts'
import { until } from '../support/until.ts'

const PROTOCOL = '/x/first'
const CONNECTS = 25
/** How many streams the far side accepts before its upgrade is done. */
const EARLY_STREAMS = 8

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function startClient(): Promise<RelayClient> {
  const relay = makeRelay()
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

test(`${CONNECTS} simultaneous Connects to a peer that is slow to accept its first connection all succeed`, async () => {
  let upgrade: (isDenied: boolean) => void = () => undefined
  const upgraded = new Promise<boolean>((resolve) => {
    upgrade = resolve
  })
  const muxers: StreamMuxer[] = []
  const factory = yamux()()
  const far = await startReferencePeer({
    gater: { denyInboundUpgradedConnection: () => upgraded },
    muxer: {
      protocol: factory.protocol,
      createStreamMuxer(connection) {
        const muxer = factory.createStreamMuxer(connection)
        muxers.push(muxer)
        return muxer
      },
    },
  })
  cleanups.push(async () => await far.stop())
  await far.handle(PROTOCOL, () => undefined, { maxInboundStreams: CONNECTS })
  const client = await startClient()
  const target = encodePeerAddress({ peer: far.peerId.toString(), addrs: far.getMultiaddrs().map(String) })
  for (let count = 0; count < CONNECTS; count++) client.connect(target, PROTOCOL)
  await until('the early streams', () =>
    muxers.some(({ streams, status }) => streams.length >= EARLY_STREAMS || status !== 'open'),
  )
  upgrade(false)
  await until(
    'all answers',
    () => client.all('peerConnection').length + client.all('peerConnectionRefused').length === CONNECTS,
  )
  expect(client.all('peerConnectionRefused')).toEqual([])
  expect(muxers).toHaveLength(1)
})

test('a Connect whose new connection dies before it carries the stream is retried once', async () => {
  let connections = 0
  const far = await startReferencePeer({
    // By then the connection is complete on the dialer's side.
    gater: { denyInboundUpgradedConnection: () => ++connections === 1 },
  })
  cleanups.push(async () => await far.stop())
  await far.handle(PROTOCOL, () => undefined)
  const client = await startClient()
  client.connect(
    encodePeerAddress({ peer: far.peerId.toString(), addrs: far.getMultiaddrs().map(String) }),
    PROTOCOL,
  )
  await until('an answer', () => client.all('peerConnection')[0] ?? client.all('peerConnectionRefused')[0])
  expect(client.all('peerConnectionRefused')).toEqual([])
  expect(connections).toBe(2)
})
