import '../support/polyfill.ts'
import type { Connection } from '@libp2p/interface'
import { afterEach, expect, test } from 'vitest'
import type { Relay } from '../../src/relay/index.ts'
import { webSocketTransport } from '../../src/relay/index.ts'
import type { ReservationStatus } from '../../src/status/index.ts'
import { browserAddressOf, startNodePeer } from '../support/node-peer.ts'
import { makeRelay } from '../support/peers.ts'
import { until } from '../support/until.ts'

const PING = '/ipfs/ping/1.0.0'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A peer that holds a reservation on a relay of the Node build, and its connections. */
async function start(): Promise<{
  relay: Relay
  report: () => ReservationStatus | undefined
  connections: () => Connection[]
}> {
  const node = await startNodePeer([])
  cleanups.push(() => node.stop())
  let connections: () => Connection[] = () => []
  const relay = makeRelay({
    network: { relays: [await browserAddressOf(node)] },
    listen: [],
    transports: [
      (components) => {
        connections = () => components.connectionManager.getConnections()
        return webSocketTransport()(components)
      },
    ],
  })
  cleanups.push(() => relay.stop())
  await relay.start()
  const report = (): ReservationStatus | undefined => relay.status().peer?.relays[0]
  await until('the reservation', () => report()?.state.kind === 'held')
  return { relay, report, connections: () => connections() }
}

test('a connection that ends on this side is replaced immediately, even while the circuit relay is still closing it', async () => {
  const { report, connections } = await start()
  for (let times = 0; times < 3; times++) {
    const before = report()?.state
    for (const connection of connections()) connection.abort(new Error('it is ended'))
    await until('another reservation', () => {
      const state = report()?.state
      return state?.kind === 'held' && before?.kind === 'held' && state.sinceMs > before.sinceMs
    })
    // No attempt in between has failed: the circuit to itself was opened on the existing connection.
    expect(report()?.lastError).toMatchObject({
      kind: 'lost',
      message: 'the reservation is lost: it is ended',
    })
  }
})

test("other peers' pings in progress don't make a connection a dead one", async () => {
  const { relay, report, connections } = await start()
  const [connection] = connections()
  if (connection === undefined) throw new Error('there is no connection')
  const streams = await Promise.all([1, 2, 3].map(async () => connection.newStream(PING)))
  const since = report()?.state
  relay.retry()
  const stream = await connection.newStream(PING)
  expect([...streams, stream].map(({ status }) => status)).toEqual(['open', 'open', 'open', 'open'])
  expect(report()?.state).toEqual(since)
})
