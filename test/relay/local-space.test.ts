import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { localSpaceOf, localWebSockets } from '../../src/relay/local-space.ts'

const PEER = '12D3KooWCPmGBaYTVwF3eSVQbuEunLM6PFazPegk4mf4LKdkzk9F'

test.each([
  ['/ip4/127.0.0.1/tcp/4001/ws', 'loopback'],
  ['/ip6/::1/tcp/4001/ws', 'loopback'],
  ['/dns4/localhost/tcp/4001/ws', 'loopback'],
  ['/dns/relay.localhost/tcp/4001/ws', 'loopback'],
  ['/ip4/10.1.2.3/tcp/4001/ws', 'local'],
  ['/ip4/172.16.0.1/tcp/4001', 'local'],
  ['/ip4/192.168.1.7/udp/4001/webrtc-direct', 'local'],
  ['/ip6/fd00::2/tcp/4001/ws', 'local'],
  ['/dns6/Box.Local/tcp/4001/tls/ws', 'local'],
  ['/dns4/relay.example/tcp/4001/ws', undefined],
  ['/dns4/notlocalhost/tcp/4001/ws', undefined],
  ['/ip4/172.32.0.1/tcp/4001/ws', undefined],
  ['/ip4/8.8.8.8/tcp/443/tls/ws', undefined],
  ['/ip6/2a00::1/tcp/4001/ws', undefined],
  [`/p2p/${PEER}`, undefined],
])('%s is of the space %s', (text, space) => {
  expect(localSpaceOf(multiaddr(text))).toBe(space)
})

test('only WebSockets that are not on the internet are told, as URLs', () => {
  const addresses = [
    `/ip4/127.0.0.1/tcp/4001/ws/p2p/${PEER}`,
    `/ip6/fd00::2/tcp/4002/ws/p2p/${PEER}`,
    `/dns4/box.local/tcp/443/tls/ws/p2p/${PEER}`,
    `/ip4/192.168.1.7/tcp/4001/p2p/${PEER}`,
    `/dns4/relay.example/tcp/443/tls/ws/p2p/${PEER}`,
  ]
  expect(localWebSockets(addresses.map((text) => multiaddr(text)))).toEqual([
    { space: 'loopback', url: 'ws://127.0.0.1:4001' },
    { space: 'local', url: 'ws://[fd00::2]:4002' },
    { space: 'local', url: 'wss://box.local' },
  ])
})
