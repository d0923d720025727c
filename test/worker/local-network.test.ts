import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { LocalNetwork } from '../../src/worker/local-network.ts'

const RELAY = '12D3KooWCPmGBaYTVwF3eSVQbuEunLM6PFazPegk4mf4LKdkzk9F'
const LOOPBACK = multiaddr(`/ip4/127.0.0.1/tcp/4001/ws/p2p/${RELAY}`)
const LOCAL = multiaddr(`/ip4/192.168.1.7/udp/4001/webrtc-direct/p2p/${RELAY}/p2p-circuit`)
const PLAIN = multiaddr(`/dns4/relay.example/tcp/80/ws/p2p/${RELAY}`)
const PUBLIC = multiaddr(`/dns4/relay.example/tcp/443/tls/ws/p2p/${RELAY}`)
const UNDER_WAY = multiaddr(`/p2p/${RELAY}/p2p-circuit`)

// Here, as in browsers that do not ask, nobody knows of such a permission: tests in a browser that does are in test/browser/e2e.

test('where the browser does not ask, a page of a public site names neither the local network nor what is not encrypted', () => {
  const network = new LocalNetwork('chat.example', () => undefined)
  const told = [LOOPBACK, LOCAL, PLAIN, PUBLIC, UNDER_WAY].map((address) => network.unnamed(address))
  expect(told).toEqual([
    'it is in the local network: name it in the settings of the peer first',
    'it is in the local network: name it in the settings of the peer first',
    'it is not encrypted: name it in the settings of the peer first',
    undefined,
    undefined,
  ])
})

test.each(['localhost', '127.0.0.1', '192.168.1.2', '[::1]', 'printer.local'])(
  'a site at %s is in the local network itself, and its pages may name it',
  (hostname) => {
    const network = new LocalNetwork(hostname, () => undefined)
    for (const address of [LOOPBACK, LOCAL, PLAIN, PUBLIC]) expect(network.unnamed(address)).toBeUndefined()
  },
)

test.each(['10.example.com', '127.0.0.1.example.com', '192-168-0-1.example.com', 'local.example.com'])(
  'a site at %s is not in the local network, whatever its name looks like',
  (hostname) => {
    const network = new LocalNetwork(hostname, () => undefined)
    expect(network.unnamed(LOOPBACK)).toContain('local network')
  },
)

test('what was named otherwise is dialled where the browser does not ask', () => {
  const network = new LocalNetwork('chat.example', () => undefined)
  for (const address of [LOOPBACK, LOCAL]) expect(network.refusal(address)).toBeUndefined()
  expect(network.states).toBeUndefined()
})
