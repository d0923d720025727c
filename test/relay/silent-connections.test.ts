import '../support/polyfill.ts'
import { afterEach, expect, test } from 'vitest'
import { encodePeerAddress } from '../../src/protocol/index.ts'
import { wsHost } from '../support/hosts.ts'
import { makeRelay, startReferencePeer } from '../support/peers.ts'
import { RelayClient } from '../support/relay-client.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

const PROTOCOL = '/x/silent'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

test('a Connect that names a live address succeeds although the existing connection is dead', async () => {
  const far = await startReferencePeer()
  cleanups.push(async () => await far.stop())
  await far.handle(PROTOCOL, () => undefined)
  const port = Number(far.getMultiaddrs()[0]?.getComponents()[1]?.value)
  const proxy = await startTcpProxy(port)
  cleanups.push(() => proxy.close())
  const relay = makeRelay()
  const served = await wsHost.serve(relay)
  cleanups.push(
    () => relay.stop(),
    () => served.close(),
  )
  const client = new RelayClient()
  client.socket = await served.connect(client)
  await client.start()
  const peer = far.peerId.toString()
  const via = (tcp: number): string => encodePeerAddress({ peer, addrs: [`/ip4/127.0.0.1/tcp/${tcp}`] })
  client.connect(via(proxy.port), PROTOCOL)
  await client.next('peerConnection')

  proxy.cut()
  client.connect(via(port), PROTOCOL)
  await until('an answer', () => client.all('peerConnection')[1] ?? client.all('peerConnectionRefused')[0])
  expect(client.all('peerConnectionRefused')).toEqual([])
})
