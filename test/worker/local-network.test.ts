import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { LocalNetwork } from '../../src/worker/local-network.ts'

const RELAY = '12D3KooWCPmGBaYTVwF3eSVQbuEunLM6PFazPegk4mf4LKdkzk9F'
const LOOPBACK = multiaddr(`/ip4/127.0.0.1/tcp/4001/ws/p2p/${RELAY}`)
const LOCAL = multiaddr(`/ip4/192.168.1.7/udp/4001/webrtc-direct/p2p/${RELAY}/p2p-circuit`)
const PLAIN = multiaddr(`/dns4/relay.example/tcp/80/ws/p2p/${RELAY}`)
const PUBLIC = multiaddr(`/dns4/relay.example/tcp/443/tls/ws/p2p/${RELAY}`)
const UNDER_WAY = multiaddr(`/p2p/${RELAY}/p2p-circuit`)

// Node, like some browsers, has no such permission. Tests in a browser that has it are in test/browser.

test('where browsers have no permission for it, a page of a public site may name neither local nor unencrypted addresses', () => {
  const network = new LocalNetwork('chat.example', () => undefined)
  const refusals = [LOOPBACK, LOCAL, PLAIN, PUBLIC, UNDER_WAY].map((address) => network.refusalOf(address))
  expect(refusals).toEqual([
    'it is in the local network: add it to the peer’s settings first',
    'it is in the local network: add it to the peer’s settings first',
    'it is not encrypted: add it to the peer’s settings first',
    undefined,
    undefined,
  ])
})

test.each(['localhost', '127.0.0.1', '192.168.1.2', '[::1]', 'printer.local'])(
  'a site at %s is in the local network itself, so its pages may name local addresses',
  (hostname) => {
    const network = new LocalNetwork(hostname, () => undefined)
    for (const address of [LOOPBACK, LOCAL, PLAIN, PUBLIC]) expect(network.refusalOf(address)).toBeUndefined()
  },
)

test.each(['10.example.com', '127.0.0.1.example.com', '192-168-0-1.example.com', 'local.example.com'])(
  'a site at %s is not in the local network, although its name looks like it',
  (hostname) => {
    const network = new LocalNetwork(hostname, () => undefined)
    expect(network.refusalOf(LOOPBACK)).toContain('local network')
  },
)

test('where browsers have no permission for it, addresses that no page has named are dialled', () => {
  const network = new LocalNetwork('chat.example', () => undefined)
  for (const address of [LOOPBACK, LOCAL]) expect(network.permissionRefusalOf(address)).toBeUndefined()
  expect(network.states).toBeUndefined()
})
