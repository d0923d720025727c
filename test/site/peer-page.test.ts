import { describe, expect, test } from 'vitest'
import { selectAddresses, connectStringOf } from '../../src/site/peer/short-connect-string.ts'
import { pathOf, describePath, shortId } from '../../src/site/peer/path.ts'
import { hrefOf, meetLink, readRoute } from '../../src/site/route.ts'
import { formatIceServers, splitLines, parseIceServers } from '../../src/site/settings/lists.ts'

describe('the fragment of an address', () => {
  test.each([
    ['', { kind: 'place', place: 'home' }],
    ['#/', { kind: 'place', place: 'home' }],
    ['#/peer', { kind: 'place', place: 'peer' }],
    ['#/settings', { kind: 'place', place: 'settings' }],
    ['#/meet/a%25b', { kind: 'meet', connectString: 'a%b' }],
    ['#lone%', { kind: 'meet', connectString: 'lone%' }],
  ])('%j is parsed', (hash, route) => {
    expect(readRoute(hash)).toEqual(route)
  })

  test('holds a connect string, whatever that contains', () => {
    const link = meetLink('http://localhost/site/?native#/settings', '%<&"#/é')
    expect(link.startsWith('http://localhost/site/?native#/meet/')).toBe(true)
    expect(readRoute(new URL(link).hash)).toEqual({ kind: 'meet', connectString: '%<&"#/é' })
    expect(hrefOf('inspector')).toBe('#/inspector')
  })
})

describe('a connect string', () => {
  const relay = '/dns4/relay.example/tcp/443/wss/p2p/R'

  test('has the addresses that are best for a browser, and no more than a QR code can hold', () => {
    const near = '/ip4/192.168.1.7/tcp/4001'
    const far = [`${relay}/p2p-circuit`, '/ip4/198.51.100.7/tcp/4001', `${relay}/p2p-circuit/webrtc`]
    expect(selectAddresses([near, ...far])).toEqual([far[2], far[0], far[1], near])
    const long = Array.from({ length: 20 }, (_, index) => `/dns4/${'x'.repeat(90)}${index}/tcp/1`)
    expect(selectAddresses(long).length).toBeLessThan(4)
    expect(selectAddresses([`/dns4/${'x'.repeat(900)}/tcp/1`])).toHaveLength(1)
  })

  test('has each address once, and no loopback address if other machines can use another one', () => {
    const own = ['/ip4/127.0.0.1/tcp/1/ws', '/dns4/localhost/tcp/2/ws', '/ip6/::1/tcp/3/ws']
    const near = '/ip4/192.168.1.7/tcp/4001'
    expect(selectAddresses([...own, near, near])).toEqual([near])
    expect(selectAddresses([...own, ...own])).toEqual(expect.arrayContaining(own))
    expect(selectAddresses([...own, near], true)).toHaveLength(4)
  })

  test("doesn't exist while there is no address", () => {
    expect(connectStringOf('me', [])).toBe('')
  })
})

test.each([
  [{ path: 'webrtc', address: '/ip4/1.2.3.4/tcp/1/ws/p2p/R/p2p-circuit/webrtc' }, 'Direct, over WebRTC.'],
  [{ path: 'direct', address: '/ip4/1.2.3.4/tcp/1' }, 'Direct, over TCP.'],
  [{ path: 'direct', address: '/x/1' }, 'Direct.'],
  [
    { path: 'relayed', relay: '12D3KooWRelayRelay', address: '/ip4/1.2.3.4/tcp/1/ws/p2p/R/p2p-circuit' },
    'Through the circuit relay …layRelay, reached over WebSocket.',
  ],
] as const)('the way %j is told: %s', (connection, words) => {
  expect(describePath(pathOf(connection))).toBe(words)
})

test('a short ID is not shortened', () => {
  expect(shortId('short')).toBe('short')
})

describe('lists of settings', () => {
  test('have one entry per line', () => {
    expect(splitLines(' a \n\n b')).toEqual(['a', 'b'])
  })

  test('of ICE servers are parsed, and formatted again', () => {
    const text = 'stun:a:1\nturn:b:2 ann secret'
    expect(parseIceServers(text)).toEqual([
      { urls: 'stun:a:1' },
      { urls: 'turn:b:2', username: 'ann', credential: 'secret' },
    ])
    expect(formatIceServers(parseIceServers(text))).toBe(text)
    expect(formatIceServers([{ urls: ['stun:a:1', 'stun:b:2'] }])).toBe('stun:a:1\nstun:b:2')
  })

  test.each(['turn:b ann', 'turn:b ann secret more'])('of ICE servers reject %j', (line) => {
    expect(() => parseIceServers(line)).toThrow(`“${line}” is not a valid ICE server`)
  })
})
