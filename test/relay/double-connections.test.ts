import '../support/polyfill.ts'
import { afterEach, expect, test } from 'vitest'
import { multiaddr } from '@multiformats/multiaddr'
import { makeRelay, startReferencePeer } from '../support/peers.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

test('an older connection that is dead ends soon after the peer connects again, and a live one is kept', async () => {
  const relay = makeRelay()
  cleanups.push(() => relay.stop())
  await relay.start()
  const { id = '', addresses = [] } = relay.status().peer ?? {}
  const port = Number(addresses[0]?.address.split('/')[4])
  const proxy = await startTcpProxy(port)
  cleanups.push(() => proxy.close())
  const peer = await startReferencePeer()
  cleanups.push(async () => await peer.stop())
  const opened = (): number[] =>
    (relay.status().peer?.connections ?? [])
      .map(({ openedMs }) => openedMs)
      .toSorted((one, other) => one - other)

  const direct = multiaddr(`/ip4/127.0.0.1/tcp/${port}/p2p/${id}`)
  await peer.dial(direct)
  await peer.dial(direct, { force: true })
  await peer.dial(multiaddr(`/ip4/127.0.0.1/tcp/${proxy.port}/p2p/${id}`), { force: true })
  await until('three connections', () => opened().length === 3)
  // A connection that carries something would be left to the connection monitor.
  await until('identify to finish', () =>
    relay.status().peer?.connections.every(({ streams }) => streams.length === 0),
  )
  const living = opened().slice(0, 2)

  proxy.cut()
  await peer.dial(direct, { force: true })
  await until('a fourth', () => opened().length === 4)
  await until('the dead connection to end', () => opened().length === 3)
  expect(opened().slice(0, 2)).toEqual(living)
})
