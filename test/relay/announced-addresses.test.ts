import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { announcedAddresses } from '../../src/relay/addresses/announced-addresses.ts'

const ONE = '12D3KooWCPmGBaYTVwF3eSVQbuEunLM6PFazPegk4mf4LKdkzk9F'
const TWO = '12D3KooWB1b3qZxWJanuhtseF3DmPggHCtG36KZ9ixkqHtdKH9fh'

const own = (port: number): string => `/ip4/192.0.2.1/tcp/${port}`
const through = (relay: string, port: number, kind = ''): string =>
  `/ip4/192.0.2.2/tcp/${port}/p2p/${relay}/p2p-circuit${kind}`
const told = (...known: string[]): string[] =>
  announcedAddresses(known.map((address) => multiaddr(address))).map((address) => address.toString())

test('a peer announces its own addresses first, then one address per circuit relay for circuits and for WebRTC, then the rest', () => {
  const known = [
    through(ONE, 1, '/webrtc'),
    through(ONE, 2, '/webrtc'),
    through(TWO, 3, '/webrtc'),
    through(ONE, 1),
    through(ONE, 2),
    through(TWO, 3),
    own(1),
  ]
  expect(told(...known)).toEqual([
    own(1),
    through(ONE, 1, '/webrtc'),
    through(TWO, 3, '/webrtc'),
    through(ONE, 1),
    through(TWO, 3),
    through(ONE, 2, '/webrtc'),
    through(ONE, 2),
  ])
})

test('the first address through each circuit relay is always announced, and all of them fit into identify twice', () => {
  const many = Array.from({ length: 500 }, (_, index) => index + 1)
  const addresses = told(...many.map(own), ...many.map((port) => through(ONE, port)), through(TWO, 3))
  expect(addresses).toContain(through(ONE, 1))
  expect(addresses).toContain(through(TWO, 3))
  expect(addresses).toContain(own(1))
  const bytes = addresses.reduce((sum, address) => sum + multiaddr(address).bytes.byteLength, 0)
  expect(bytes).toBeLessThan(2_048)
})
