import { expect, test } from 'vitest'
import type { AccessRequest } from '../../src/node/http/access.ts'
import {
  isCrossSite,
  isLoopbackAddress,
  judge,
  makeAccessRules,
  parseHost,
  parseOrigin,
} from '../../src/node/http/access.ts'

const rules = makeAccessRules({
  addr: '127.0.0.1',
  port: 8888,
  hosts: ['relay.example', 'alt.example:9000'],
  origins: ['https://friend.example', 'HTTP://Friend.Example:3000'],
})

function request(change: Partial<AccessRequest> = {}): AccessRequest {
  return { host: ['localhost:8888'], origin: [], remoteAddress: '127.0.0.1', forwarded: false, ...change }
}

test.each([
  'localhost:8888',
  'LOCALHOST:8888',
  '127.0.0.1:8888',
  '[::1]:8888',
  '[0:0:0:0:0:0:0:1]:8888',
  'relay.example',
  'Relay.Example:443',
  'alt.example:9000',
])('a request for %s is accepted', (host) => {
  expect(judge(request({ host: [host] }), rules).kind).toBe('allowed')
})

test.each([
  'localhost',
  'localhost:8889',
  'localhost:80',
  'localhost.:8888',
  'sub.localhost:8888',
  'evil.example:8888',
  '127.0.0.1.evil.example:8888',
  '127.0.0.2:8888',
  '0.0.0.0:8888',
  '[::]:8888',
  '[::ffff:127.0.0.1]:8888',
  'alt.example',
  'alt.example:8888',
  'xrelay.example',
])('a rebound or foreign name %s gets 403', (host) => {
  expect(judge(request({ host: [host] }), rules)).toMatchObject({ kind: 'refused', status: 403 })
})

test('a refusal because of the port names the port, and says how to allow it', () => {
  const why = (host: string) => {
    const verdict = judge(request({ host: [host] }), rules)
    return verdict.kind === 'refused' ? verdict.why : ''
  }
  expect(why('localhost:9999')).toBe(
    'this server is known as localhost on port 8888, not on port 9999; if it is yours, start it with -host localhost:9999',
  )
  expect(why('alt.example')).toBe(
    'this server is known as alt.example on port 9000, not on port 80; if it is yours, start it with -host alt.example:80',
  )
  expect(why('mybox:8888')).toBe(
    'this server is not known as mybox; if it is yours, start it with -host mybox',
  )
})

test('a refusal of an origin names it, and says how to allow it', () => {
  const why = (origin: string) => {
    const verdict = judge(request({ origin: [origin] }), rules)
    return verdict.kind === 'refused' ? verdict.why : ''
  }
  expect(why('http://localhost:5173')).toBe(
    'pages of http://localhost:5173 are not allowed; if they are yours, start the server with -origin http://localhost:5173',
  )
  expect(why('null')).toBe('pages without an origin, such as sandboxed ones and files, are not allowed')
})

test.each([
  { hosts: [] },
  { hosts: [''] },
  { hosts: ['localhost:8888', 'localhost:8888'] },
  { hosts: ['localhost:8888, evil.example'] },
  { hosts: ['user@localhost:8888'] },
  { hosts: ['localhost:8888/'] },
  { hosts: ['localhost:99999'] },
  { hosts: ['localhost:'] },
  { hosts: ['[::1'] },
  { hosts: ['[:::1]:8888'] },
  { hosts: ['[fe80::1%25lo]:8888'] },
  { hosts: ['::1'] },
])('Host $hosts gets 400', ({ hosts }) => {
  expect(judge(request({ host: hosts }), rules)).toMatchObject({ kind: 'refused', status: 400 })
})

test.each([
  { origin: 'http://localhost:8888', host: 'localhost:8888', mayHaveKey: true },
  { origin: 'http://127.0.0.1:8888', host: 'localhost:8888', mayHaveKey: true },
  { origin: 'http://[::1]:8888', host: '127.0.0.1:8888', mayHaveKey: true },
  { origin: 'HTTP://LocalHost:8888', host: 'LOCALHOST:8888', mayHaveKey: true },
  { origin: 'https://relay.example', host: 'relay.example', mayHaveKey: false },
  { origin: 'https://relay.example', host: 'relay.example:443', mayHaveKey: false },
  { origin: 'http://relay.example', host: 'relay.example', mayHaveKey: false },
  { origin: 'http://relay.example:8888', host: 'relay.example:8888', mayHaveKey: false },
])(
  'a page of $origin that requests $host is our own; it may have the key: $mayHaveKey',
  ({ origin, host, mayHaveKey }) => {
    expect(judge(request({ host: [host], origin: [origin] }), rules)).toEqual({
      kind: 'allowed',
      as: 'self',
      mayHaveKey,
    })
  },
)

test("an Origin of our own page on another machine doesn't release the key, because a program can forge it", () => {
  const forged = request({ origin: ['http://localhost:8888'], remoteAddress: '192.0.2.9' })
  expect(judge(forged, rules)).toEqual({ kind: 'allowed', as: 'self', mayHaveKey: false })
})

test.each(['https://friend.example', 'https://FRIEND.example', 'http://friend.example:3000'])(
  'a page of the added origin %s is accepted without the key',
  (origin) => {
    expect(judge(request({ origin: [origin] }), rules)).toEqual({
      kind: 'allowed',
      as: 'added',
      mayHaveKey: false,
    })
  },
)

test.each([
  { origin: 'null' },
  { origin: '' },
  { origin: 'https://evil.example' },
  { origin: 'http://localhost' },
  { origin: 'http://localhost:8889' },
  { origin: 'http://localhost:88888' },
  { origin: 'http://localhost.evil.example:8888' },
  { origin: 'http://evil.example:8888' },
  { origin: 'http://friend.example' },
  { origin: 'https://friend.example:8443' },
  { origin: 'https://friend.example.evil.example' },
  { origin: 'https://sub.friend.example' },
  { origin: 'http://localhost:8888/' },
  { origin: 'http://localhost:8888@evil.example' },
  { origin: 'http://localhost:8888 http://evil.example' },
  { origin: 'file://' },
  { origin: 'chrome-extension://abcdefghijklmnop' },
  { origin: 'ws://localhost:8888' },
  // A page on another port of an added name has another origin.
  { origin: 'http://relay.example:3000' },
])('a page of "$origin" gets 403', ({ origin }) => {
  expect(judge(request({ origin: [origin] }), rules)).toMatchObject({ kind: 'refused', status: 403 })
})

test('a page of an added name is not our own when it requests another name', () => {
  expect(judge(request({ origin: ['https://relay.example'] }), rules).kind).toBe('refused')
})

test('two Origin headers get 400, whatever their values', () => {
  const origin = ['http://localhost:8888', 'http://localhost:8888']
  expect(judge(request({ origin }), rules)).toMatchObject({ kind: 'refused', status: 400 })
})

test.each([
  { remoteAddress: '127.0.0.1', mayHaveKey: true },
  { remoteAddress: '127.8.9.10', mayHaveKey: true },
  { remoteAddress: '::1', mayHaveKey: true },
  { remoteAddress: '::ffff:127.0.0.1', mayHaveKey: true },
  { remoteAddress: '192.0.2.1', mayHaveKey: false },
  { remoteAddress: '::ffff:192.0.2.1', mayHaveKey: false },
  { remoteAddress: '', mayHaveKey: false },
])(
  'a program at "$remoteAddress" is accepted; it may have the key: $mayHaveKey',
  ({ remoteAddress, mayHaveKey }) => {
    expect(judge(request({ remoteAddress }), rules)).toEqual({ kind: 'allowed', as: 'program', mayHaveKey })
  },
)

test('a program counts as remote if a proxy forwarded it, or if it requested a network name', () => {
  expect(judge(request({ forwarded: true }), rules)).toMatchObject({ kind: 'allowed', mayHaveKey: false })
  expect(judge(request({ host: ['relay.example'] }), rules)).toMatchObject({
    kind: 'allowed',
    mayHaveKey: false,
  })
})

test.each([
  { addr: '192.0.2.7', host: '192.0.2.7:8888' },
  { addr: 'fd00::7', host: '[fd00::7]:8888' },
  { addr: '[fd00:0::7]', host: '[fd00::7]:8888' },
  { addr: 'Box.local', host: 'box.local:8888' },
])('the listening address $addr is a name of the server', ({ addr, host }) => {
  expect(judge(request({ host: [host] }), makeAccessRules({ addr, port: 8888 })).kind).toBe('allowed')
})

test.each(['0.0.0.0', '::', '[::]'])('the wildcard address %s is not a name', (addr) => {
  const every = makeAccessRules({ addr, port: 8888 })
  for (const host of ['0.0.0.0:8888', '[::]:8888', '192.0.2.7:8888']) {
    expect(judge(request({ host: [host] }), every).kind).toBe('refused')
  }
  expect(judge(request(), every).kind).toBe('allowed')
})

test.each([
  { fetchSite: 'same-origin', crossSite: false },
  { fetchSite: 'none', crossSite: false },
  { fetchSite: undefined, crossSite: false },
  { fetchSite: 'same-site', crossSite: true },
  { fetchSite: 'cross-site', crossSite: true },
  { fetchSite: 'Cross-Site', crossSite: true },
  { fetchSite: 'bogus', crossSite: true },
])(
  'a request without Origin from Sec-Fetch-Site $fetchSite is foreign: $crossSite',
  ({ fetchSite, crossSite }) => {
    const asked = request(fetchSite === undefined ? {} : { fetchSite })
    expect(isCrossSite(asked, judge(asked, rules))).toBe(crossSite)
  },
)

test('an added origin is not foreign, although its requests are cross-site', () => {
  const asked = request({ origin: ['https://friend.example'], fetchSite: 'cross-site' })
  expect(isCrossSite(asked, judge(asked, rules))).toBe(false)
})

test('an invalid host or origin cannot be added', () => {
  expect(() => makeAccessRules({ addr: '127.0.0.1', port: 1, hosts: ['a b'] })).toThrow(TypeError)
  expect(() => makeAccessRules({ addr: '127.0.0.1', port: 1, origins: ['null'] })).toThrow(TypeError)
})

test('hosts, origins and loopback addresses are read strictly', () => {
  expect(parseHost('[FD00::A]:1')).toEqual({ name: '[fd00::a]', port: 1 })
  expect(parseHost('a_b.c-d')).toEqual({ name: 'a_b.c-d' })
  expect(parseHost('exämple')).toBeUndefined()
  expect(parseOrigin('http://A:80')).toBe('http://a')
  expect(parseOrigin('http://a?')).toBeUndefined()
  expect(parseOrigin('http://a:70000')).toBeUndefined()
  expect(isLoopbackAddress('127.0.0.1.evil')).toBe(false)
  expect(isLoopbackAddress('1127.0.0.1')).toBe(false)
})
