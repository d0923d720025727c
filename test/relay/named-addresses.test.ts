import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { MAX_NAMED_ADDRESSES, NamedAddresses } from '../../src/relay/addresses/named-addresses.ts'

const PEER = '12D3KooWCPmGBaYTVwF3eSVQbuEunLM6PFazPegk4mf4LKdkzk9F'
const STRANGE = [
  `/ip4/127.0.0.1/tcp/4001/ws/p2p/${PEER}`,
  `/ip4/10.0.0.1/udp/4001/webrtc-direct/p2p/${PEER}`,
  `/dns4/printer.local/tcp/443/tls/ws/p2p/${PEER}`,
  `/dns4/relay.example/tcp/80/ws/p2p/${PEER}/p2p-circuit`,
].map((text) => multiaddr(text))
const USUAL = multiaddr(`/dns4/relay.example/tcp/443/tls/ws/p2p/${PEER}`)

const isDenied = (named: NamedAddresses, address: typeof USUAL): unknown =>
  named.gater.denyDialMultiaddr?.(address)

test('private addresses and plain ws:// are dialled only if they were named, over any transport', () => {
  const named = new NamedAddresses()
  expect(STRANGE.map((address) => isDenied(named, address))).toEqual(STRANGE.map(() => true))
  expect(isDenied(named, USUAL)).toBe(false)
  for (const address of STRANGE) named.add(address)
  expect(STRANGE.map((address) => isDenied(named, address))).toEqual(STRANGE.map(() => false))
  expect(isDenied(named, multiaddr(`/ip4/127.0.0.1/tcp/4002/ws/p2p/${PEER}`))).toBe(true)
})

test('an address whose dial goes to a different host than its first is judged by that host', () => {
  const named = new NamedAddresses()
  named.add(multiaddr('/ip4/8.8.8.8/tcp/443/tls/ws'))
  const other = multiaddr(`/ip4/8.8.8.8/tcp/443/tls/sni/192.168.0.1/ws/p2p/${PEER}`)
  expect(isDenied(named, other)).toBe(true)
  named.add(other)
  expect(isDenied(named, other)).toBe(false)
  expect(isDenied(named, multiaddr('/dns4/192.168.0.1/tcp/443/wss'))).toBe(false)
})

test('when too many addresses are named, the oldest is forgotten', () => {
  const named = new NamedAddresses()
  const at = (port: number) => multiaddr(`/ip4/127.0.0.1/tcp/${port}/ws`)
  for (let port = 1; port <= MAX_NAMED_ADDRESSES; port++) named.add(at(port))
  named.add(at(1))
  named.add(at(MAX_NAMED_ADDRESSES + 1))
  expect([1, 2, 3].map((port) => named.has(at(port)))).toEqual([true, false, true])
})
