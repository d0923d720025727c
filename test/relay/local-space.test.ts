import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { localSpaceOf, localWebSockets } from '../../src/relay/addresses/local-space.ts'

const PEER = '12D3KooWCPmGBaYTVwF3eSVQbuEunLM6PFazPegk4mf4LKdkzk9F'

const K51 = 'k51qzi5uqu5dgutdk6i1ynyzgkqngpha5xpgia3a5qqp4jsh0u4csozksxel2r'

test.each([
  ['/ip4/127.0.0.1/tcp/4001/ws', 'loopback'],
  ['/ip4/127.8.8.8/tcp/4001/ws', 'loopback'],
  ['/ip4/0.0.0.0/tcp/4001/ws', 'loopback'],
  ['/ip6/::1/tcp/4001/ws', 'loopback'],
  ['/ip6/::/tcp/4001/ws', 'loopback'],
  ['/ip6/::ffff:127.0.0.1/tcp/4001/ws', 'loopback'],
  ['/dns4/localhost/tcp/4001/ws', 'loopback'],
  ['/dns4/LocalHost./tcp/4001/ws', 'loopback'],
  ['/dns/relay.localhost/tcp/4001/ws', 'loopback'],
  ['/dns4/127.0.0.1/tcp/443/wss', 'loopback'],
  ['/dns4/2130706433/tcp/443/wss', 'loopback'],
  ['/dns4/0x7f000001/tcp/443/wss', 'loopback'],
  ['/dns4/127.1/tcp/443/wss', 'loopback'],
  ['/dns4/0177.0.0.1/tcp/443/wss', 'loopback'],
  ['/dns4/１２７.0.0.1/tcp/443/wss', 'loopback'],
  ['/dns4/[::1]/tcp/443/wss', 'loopback'],
  ['/ip4/8.8.8.8/tcp/443/tls/sni/localhost/ws', 'loopback'],
  ['/dns4/2130706433/udp/4001/webrtc-direct', 'loopback'],

  ['/ip4/10.1.2.3/tcp/4001/ws', 'local'],
  ['/ip4/172.16.0.1/tcp/4001', 'local'],
  ['/ip4/192.168.1.7/udp/4001/webrtc-direct', 'local'],
  ['/ip4/169.254.7.7/tcp/4001/ws', 'local'],
  ['/ip4/100.64.0.1/tcp/4001/ws', 'local'],
  ['/ip4/192.0.0.8/tcp/4001/ws', 'local'],
  ['/ip4/198.18.0.1/tcp/4001/ws', 'local'],
  ['/ip4/224.0.0.251/tcp/4001/ws', 'local'],
  ['/ip4/255.255.255.255/tcp/4001/ws', 'local'],
  ['/ip4/8.8.8.8/ipcidr/24/tcp/443/ws', 'local'],
  ['/ip6/fd00::2/tcp/4001/ws', 'local'],
  ['/ip6/fe80::1/tcp/4001/ws', 'local'],
  ['/ip6zone/eth0/ip6/fe80::1/tcp/4001/ws', 'local'],
  ['/ip6/fec0::1/tcp/4001/ws', 'local'],
  ['/ip6/ff02::1/tcp/4001/ws', 'local'],
  ['/ip6/::ffff:10.0.0.1/tcp/4001/ws', 'local'],
  ['/ip6/::a00:1/tcp/4001/ws', 'local'],
  ['/ip6/64:ff9b::7f00:1/tcp/4001/ws', 'local'],
  ['/ip6/64:ff9b::192.168.0.1/tcp/4001/ws', 'local'],
  ['/ip6/64:ff9b:1::a00:1/tcp/4001/ws', 'local'],
  ['/ip6/2002:a00:1::/tcp/4001/ws', 'local'],
  ['/ip6/2001:db8::1/tcp/4001/ws', 'local'],
  ['/ip6/200:1::1/tcp/4001/ws', 'local'],
  ['/dns4/192.168.0.1/tcp/443/wss', 'local'],
  ['/dns4/192.168.0.1./tcp/443/wss', 'local'],
  ['/dns4/relay.example@192.168.0.1/tcp/443/wss', 'local'],
  ['/dns4/%31%30.0.0.1/tcp/443/wss', 'local'],
  ['/dns4/no name/tcp/443/wss', 'local'],
  ['/ip4/8.8.8.8/tcp/443/tls/sni/192.168.0.1/ws', 'local'],
  ['/dns4/relay.example/tcp/443/tls/sni/10.0.0.1/ws', 'local'],
  ['/dns6/Box.Local/tcp/4001/tls/ws', 'local'],
  ['/dns4/nas.lan/tcp/443/wss', 'local'],
  ['/dns4/nas.home.arpa/tcp/443/wss', 'local'],
  ['/dns4/wiki.corp.internal/tcp/443/wss', 'local'],
  ['/dns4/fritz.box/tcp/443/wss', 'local'],
  ['/dns4/nas/tcp/443/wss', 'local'],
  [`/dns4/192-168-0-1.${K51}.libp2p.direct/tcp/443/tls/ws`, 'local'],
  [`/ip4/8.8.8.8/tcp/443/tls/sni/10-0-0-1.${K51}.libp2p.direct/ws`, 'local'],
  [`/dns6/fd00--1.${K51}.libp2p.direct/tcp/443/tls/ws`, 'local'],
  ['/dns4/app.10.0.0.1.nip.example/tcp/443/wss', 'local'],
  [`/dnsaddr/nas.lan/p2p/${PEER}`, 'local'],
  [`/dns4/nas.lan/tcp/443/wss/p2p/${PEER}/p2p-circuit/p2p/${PEER}`, 'local'],

  ['/dns4/relay.example/tcp/4001/ws', undefined],
  ['/dns4/notlocalhost.example/tcp/4001/ws', undefined],
  ['/dns4/10.example.com/tcp/443/wss', undefined],
  ['/dns4/lan.example/tcp/443/wss', undefined],
  ['/ip4/172.32.0.1/tcp/4001/ws', undefined],
  ['/ip4/8.8.8.8/tcp/443/tls/ws', undefined],
  ['/dns4/134744072/tcp/443/wss', undefined],
  ['/ip4/192.168.0.1/tcp/443/tls/sni/relay.example/ws', undefined],
  [`/dns4/8-8-8-8.${K51}.libp2p.direct/tcp/443/tls/ws`, undefined],
  [`/dns6/2a00--1.${K51}.libp2p.direct/tcp/443/tls/ws`, undefined],
  ['/ip6/2a00::1/tcp/4001/ws', undefined],
  ['/ip6/::ffff:8.8.8.8/tcp/4001/ws', undefined],
  ['/ip6/64:ff9b::808:808/tcp/4001/ws', undefined],
  [`/dnsaddr/bootstrap.example/p2p/${PEER}`, undefined],
  [`/p2p/${PEER}`, undefined],
  [`/p2p/${PEER}/p2p-circuit/p2p/${PEER}`, undefined],
])('a dial of %s reaches the address space %s', (text, space) => {
  expect(localSpaceOf(multiaddr(text))).toBe(space)
})

test('only WebSocket addresses outside the internet are listed, as URLs', () => {
  const addresses = [
    `/ip4/127.0.0.1/tcp/4001/ws/p2p/${PEER}`,
    `/ip6/fd00::2/tcp/4002/ws/p2p/${PEER}`,
    `/dns4/box.local/tcp/443/tls/ws/p2p/${PEER}`,
    `/ip4/192.168.1.7/tcp/4001/p2p/${PEER}`,
    `/dns4/relay.example/tcp/443/tls/ws/p2p/${PEER}`,
    `/ip4/8.8.8.8/tcp/443/tls/sni/box.local/ws/p2p/${PEER}`,
  ]
  expect(localWebSockets(addresses.map((text) => multiaddr(text)))).toEqual([
    { space: 'loopback', url: 'ws://127.0.0.1:4001' },
    { space: 'local', url: 'ws://[fd00::2]:4002' },
    { space: 'local', url: 'wss://box.local' },
    { space: 'local', url: 'wss://box.local' },
  ])
})
