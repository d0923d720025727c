import '../support/polyfill.ts'
import { afterEach, expect, test } from 'vitest'
import { encodePeerAddress } from '../../src/protocol/index.ts'
import { wsHost } from '../support/hosts.ts'
import { makeRelay, startReferencePeer } from '../support/peers.ts'
import { RelayClient } from '../support/relay-client.ts'

const PROTOCOL = '/x/allowed'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

test('an address that the host refuses is not dialled and the error says why; other addresses are still dialled', async () => {
  const far = await startReferencePeer({ listen: ['/ip4/127.0.0.1/tcp/0'] })
  cleanups.push(async () => await far.stop())
  await far.handle(PROTOCOL, () => undefined)
  const [first = '', second = ''] = far.getMultiaddrs().map(String)
  const relay = makeRelay({
    refusalOf: (address) => (address.toString() === second ? undefined : 'it is not for pages to name'),
  })
  const served = await wsHost.serve(relay)
  cleanups.push(
    () => relay.stop(),
    () => served.close(),
  )
  const client = new RelayClient()
  client.socket = await served.connect(client)
  await client.start()
  const peer = far.peerId.toString()

  client.connect(encodePeerAddress({ peer, addrs: [first] }), PROTOCOL)
  const { error } = await client.next('peerConnectionRefused')
  expect(error).toContain(`${first} (it is not for pages to name)`)
  expect(far.getConnections()).toEqual([])

  client.connect(encodePeerAddress({ peer, addrs: [first, second] }), PROTOCOL)
  await client.next('peerConnection')
})
