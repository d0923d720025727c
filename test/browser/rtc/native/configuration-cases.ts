import { outcomeOf } from './outcome.ts'

/** URLs of ICE servers, by what is special about them. */
const URLS = [
  // Host and port.
  ['stun:a', 'stun:a:65535', 'stun:a:000000000003478', 'stun:1.2.3.4:5', 'stun:a_b', 'stun:-a', 'stun:a.'],
  ['stun:a:', 'stun:a:0', 'stun:a:1', 'stun:a:9', 'stun:a:65536', 'stun:a:b', 'stun:a:-1', 'stun:a: 1'],
  [
    'stun:',
    'stun::',
    'stun::1',
    'turn:',
    'stun:a b',
    'stun: a',
    'stun:a<b',
    'stun:a\\b',
    'stun:a|b',
    'stun:.',
  ],
  ['stun:a`b', 'stun:a{b}', 'stun:a*b', 'stun:a%41', 'stun:a%', 'stun:a%zz', 'stun:256.256.256.256'],
  ['stun:é', 'stun:你好', 'stun:xn--pokxncvks', 'stun:\u200B', 'stun:\uFFFD', `stun:${'x'.repeat(300)}`],
  // Addresses of IPv6, in brackets and bare.
  ['stun:[::1]', 'stun:[::1]:3478', 'stun:[::1]:', 'stun:[::1]x', 'stun:[]', 'stun:[a]', 'stun:[::1'],
  ['stun:::1', 'stun:2001:db8::1', 'turn:2001:db8::1'],
  // A query.
  [
    'stun:a?',
    'stun:a?transport=udp',
    'stun:a?x=y',
    'turn:a?transport=udp',
    'turns:a?transport=tcp',
    'turn:a?',
  ],
  ['turn:a?transport=tls', 'turn:127.0.0.1:9?transport=tls', 'turn:a?transport=UDP', 'turn:a?transport='],
  [
    'turn:a?transport',
    'turn:a?TRANSPORT=udp',
    'turn:a?x=y',
    'turn:a?transport=udp&x=y',
    'turns:a?transport=sctp',
  ],
  ['turn:a?transport=udp?transport=udp', 'turn:a:3478?transport=tcp'],
  // A path, a fragment, a user.
  ['stun:a/b', 'stun:a/', 'stun:/a', 'stun://a', 'turn://a', 'turn:a/?transport=udp'],
  ['stun:a#b', 'stun:a#', 'turn:a?transport=udp#b', 'stun:u@a', 'stun:@a', 'turn:u:p@a:3478'],
  // A scheme, and blanks.
  ['STUN:a', 'tUrN:a', 'stuns:a', 'turns:a', 'stun', 'a', '', 'http://a', 'stunx:a', 'javascript:1'],
  [' stun:a', 'stun:a ', 'stun:a\n', 'st\nun:a', 'stun a'],
].flat()

const CREDENTIALS = { username: 'u', credential: 'c' }
const turn = (more: object): object => ({ iceServers: [{ urls: 'turn:a', ...more }] })
const stun = (urls: unknown, more: object = {}): object => ({ iceServers: [{ urls, ...more }] })

/** Configurations by their titles. */
const CONFIGURATIONS: Record<string, unknown> = {
  ...Object.fromEntries(URLS.map((url) => [`the URL ${JSON.stringify(url)}`, stun(url, CREDENTIALS)])),
  'TURN without credentials': turn({}),
  'TURN without a username': turn({ credential: 'c' }),
  'TURN without a credential': turn({ username: 'u' }),
  'TURN with undefined credentials': turn({ username: undefined, credential: undefined }),
  'TURN with credentials of null': turn({ username: null, credential: null }),
  'TURN with empty credentials': turn({ username: '', credential: '' }),
  'TURN with an empty username': turn({ username: '', credential: 'c' }),
  'TURN with an empty credential': turn({ username: 'u', credential: '' }),
  'TURN with a username of 509 bytes': turn({ username: 'x'.repeat(509), credential: 'c' }),
  'TURN with a username of 510 bytes': turn({ username: 'x'.repeat(510), credential: 'c' }),
  'TURN with a username of 510 bytes in 170 characters': turn({ username: '€'.repeat(170), credential: 'c' }),
  'TURN with a credential of 100,000 bytes': turn({ username: 'u', credential: 'x'.repeat(100_000) }),
  'STUN with empty credentials': stun('stun:a', { username: '', credential: '' }),
  'STUN with a username of 1,000 bytes': stun('stun:a', { username: 'x'.repeat(1000), credential: '' }),
  'a bad URL without credentials': stun('turn:a#b'),
  'a TURN URL without credentials before a bad one': stun(['turn:a', 'http:x']),
  'a bad URL before a TURN URL without credentials': stun(['http:x', 'turn:a']),
  'a bad port before a server without credentials': {
    iceServers: [{ urls: 'stun:a:99999' }, { urls: 'turn:a' }],
  },
  'no URLs': stun([]),
  'an empty URL in a list': stun(['stun:a', '']),
  'URLs of undefined': stun(undefined),
  'URLs of null': stun(null),
  'URLs of a number': stun(5),
  'URLs of a symbol': stun(Symbol('x')),
  'URLs in a set': stun(new Set(['stun:a'])),
  'URLs of an object with toString': stun({ toString: () => 'stun:a' }),
  'URLs of a String object': stun(Object('stun:a')),
  'a server with the old member url': { iceServers: [{ url: 'stun:a' }] },
  'an empty server': { iceServers: [{}] },
  'a server of null': { iceServers: [null] },
  'a server of text': { iceServers: ['stun:a'] },
  'a server that is a function': { iceServers: [Object.assign(() => {}, { urls: 'stun:a' })] },
  'servers of null': { iceServers: null },
  'servers of text': { iceServers: 'stun:a' },
  'servers in an object': { iceServers: { length: 0 } },
  'the policy relay': { iceTransportPolicy: 'relay' },
  'the policy none': { iceTransportPolicy: 'none' },
  'a policy of null': { iceTransportPolicy: null },
  'the policy relay with an unknown transport': {
    iceTransportPolicy: 'relay',
    ...stun('turn:127.0.0.1:9?transport=tls', CREDENTIALS),
  },
  'a bad policy and a bad URL': { iceTransportPolicy: 'bogus', ...stun('http:x') },
  'another bundlePolicy': { bundlePolicy: 'max-bundle' },
  'a bad bundlePolicy': { bundlePolicy: 'bogus' },
  'another bundlePolicy and a bad scheme': { bundlePolicy: 'max-bundle', ...stun('http:x') },
  'another bundlePolicy and a bad port': { bundlePolicy: 'max-bundle', ...stun('stun:a:99999') },
  'the rtcpMuxPolicy negotiate': { rtcpMuxPolicy: 'negotiate' },
  'a bad rtcpMuxPolicy': { rtcpMuxPolicy: 'bogus' },
  'a certificate of null': { certificates: [null] },
  'an invalid certificate': { certificates: [{}] },
  'certificates of null': { certificates: null },
  undefined: undefined,
  null: null,
  'a number': 5,
  'a function': () => {},
}

/** What a connection reports for the members that all browsers have; an absent credential is empty. */
function reported(pc: RTCPeerConnection): object {
  const { iceServers = [], iceTransportPolicy, bundlePolicy, rtcpMuxPolicy } = pc.getConfiguration()
  const servers = iceServers.map(({ urls, username = '', credential = '' }) => [
    urls,
    username.length,
    credential.length,
  ])
  return [servers, iceTransportPolicy, bundlePolicy, rtcpMuxPolicy]
}

/**
 * The outcome of each configuration: what the constructor and `setConfiguration` threw, or what the
 * connection reports.
 */
export async function configurationOutcomes(
  PeerConnection: typeof RTCPeerConnection,
): Promise<Record<string, unknown>> {
  const outcomes: Record<string, unknown> = {}
  const changed = new PeerConnection()
  for (const [title, value] of Object.entries(CONFIGURATIONS)) {
    const configuration = value as RTCConfiguration
    outcomes[`${title}, in the constructor`] = await outcomeOf(async () => {
      const pc = new PeerConnection(configuration)
      const atOnce = reported(pc)
      // By now, a rejection by the tab would have closed it.
      await pc.getStats()
      const state = pc.signalingState
      pc.close()
      return [atOnce, state]
    })
    outcomes[`${title}, in setConfiguration`] = await outcomeOf(async () => {
      changed.setConfiguration(configuration)
      const atOnce = reported(changed)
      await changed.getStats()
      return [atOnce, changed.signalingState]
    })
    outcomes[`${title}, after setConfiguration`] = reported(changed)
    changed.setConfiguration({})
  }
  changed.close()
  return outcomes
}
