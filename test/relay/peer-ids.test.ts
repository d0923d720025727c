import '../support/polyfill.ts'
import type { PeerId } from '@libp2p/interface'
import { base36 } from 'multiformats/bases/base36'
import { base58btc } from 'multiformats/bases/base58'
import { afterEach, describe, expect, test } from 'vitest'
import { encodePeerAddress } from '../../src/protocol/index.ts'
import { readPeerId } from '../../src/relay/addresses/peer-id.ts'
import { wsHost } from '../support/hosts.ts'
import { makeRelay, startReferencePeer } from '../support/peers.ts'
import { RelayClient } from '../support/relay-client.ts'
import { until } from '../support/until.ts'

const PROTOCOL = '/x/ids'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** The text forms of one peer ID. */
function formsOf(id: PeerId): string[] {
  const cid = id.toCID()
  return [
    id.toString(),
    cid.toString(),
    cid.toString().toUpperCase(),
    cid.toString(base36),
    cid.toString(base36).toUpperCase(),
    cid.toString(base58btc),
  ]
}

describe('a peer ID', () => {
  test.each([
    '12D3KooWCPmGBaYTVwF3eSVQbuEunLM6PFazPegk4mf4LKdkzk9F',
    'QmTTvW6mDF2x7vkPfqgpjkdX1pPe3QqGUcLbvE1kyCRF57',
  ])('%s is recognised in each of its forms, with whatever is copied around it', (text) => {
    for (const form of formsOf(readPeerId(text))) {
      expect(readPeerId(`\uFEFF ${form}\u200B\r\n`).toString()).toBe(text)
    }
  })

  test.each([
    ['12D3KOOWCPMGBAYTVWF3ESVQBUEUNLM6PFAZPEGK4MF4LKDKZK9F', 'its letters have become capitals'],
    ['QMTTVW6MDF2X7VKPFQGPJKDX1PPE3QQGUCLBVE1KYCRF57', 'its letters have become capitals'],
    ['bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi', 'it is the CID of something else'],
    ['12D3KooWCPmGBaYTVwF3eSVQbuEunLM6PFazPegk4mf4LKdkzk9', 'a character is missing, added or changed'],
    ['1', 'a character is missing, added or changed'],
    ['', 'a character is missing, added or changed'],
    ['example.com', 'a character is missing, added or changed'],
  ])('%j is not a peer ID, and the error says why', (text, why) => {
    expect(() => readPeerId(text)).toThrow(`${JSON.stringify(text)} is not a peer ID: ${why}`)
  })
})

test('a Connect reaches a peer by each form of its ID, also as part of an address, and reaches this peer by its own', async () => {
  const far = await startReferencePeer()
  cleanups.push(async () => await far.stop())
  await far.handle(PROTOCOL, () => undefined, { maxInboundStreams: 100 })
  const relay = makeRelay()
  const served = await wsHost.serve(relay)
  cleanups.push(
    () => relay.stop(),
    () => served.close(),
  )
  const client = new RelayClient()
  client.socket = await served.connect(client)
  const { peer } = await client.start()
  await client.listen(PROTOCOL)

  const [address = ''] = far.getMultiaddrs().map((one) => one.toString().replace(/\/p2p\/.*/, ''))
  const forms = formsOf(far.peerId)
  const targets = [
    ...forms.map((form) => encodePeerAddress({ peer: form, addrs: [` ${address}/p2p/${forms[1]}\r\n`] })),
    ...forms.map((form) => encodePeerAddress({ peer: forms[0] ?? '', addrs: [`${address}/p2p/${form}`] })),
    ...formsOf(readPeerId(peer)),
    ` ${peer}\r\n`,
  ]
  for (const target of targets) client.connect(target, PROTOCOL)
  await until(
    'all answers',
    () => client.all('peerConnection').length + client.all('peerConnectionRefused').length === targets.length,
  )
  expect(client.all('peerConnectionRefused')).toEqual([])
  expect(new Set(client.all('peerConnection').map((one) => one.peer))).toEqual(new Set([forms[0], peer]))
  expect(client.all('listenerConnection').map((one) => one.peer)).toEqual(
    Array.from({ length: 7 }, () => peer),
  )
})

test('the error lists addresses that no transport here can dial apart from those tried, and says what to ask for', async () => {
  const far = await startReferencePeer()
  cleanups.push(async () => await far.stop())
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
  const unusable = [
    '/ip4/192.0.2.1/udp/1/quic-v1',
    '/ip4/192.0.2.1/udp/1/quic-v1/webtransport',
    '/dns4/a.example/tcp/443/tls/ws/http-path/libp2p',
  ]
  client.connect(encodePeerAddress({ peer, addrs: unusable }), PROTOCOL)
  expect((await client.next('peerConnectionRefused')).error).toBe(
    `3 addresses of ${peer} cannot be used here (QUIC, WebTransport, a path on a web server): ` +
      'ask for a WebSocket or circuit relay address',
  )
  client.connect(encodePeerAddress({ peer, addrs: [...unusable, '/ip4/127.0.0.1/tcp/1'] }), PROTOCOL)
  const { error } = await client.next('peerConnectionRefused', 1)
  expect(error).toMatch(/^1 address tried: \/ip4\/127\.0\.0\.1\/tcp\/1/)
  expect(error).toContain(`; 3 other addresses of ${peer} cannot be used here (QUIC, WebTransport`)
})
