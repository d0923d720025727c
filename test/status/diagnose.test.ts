import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type {
  FindingId,
  HostStatus,
  NetworkStatus,
  PeerStatus,
  ReservationFailure,
  CircuitRelayServiceStatus,
  RelayStatus,
  RoutingStatus,
  TransportStatus,
} from '../../src/status/index.ts'
import { FINDING_IDS, SEVERITIES, diagnose } from '../../src/status/index.ts'
import {
  AT_MS,
  clientOf,
  failedRelay,
  healthyBrowser,
  healthyPeer,
  healthyProgram,
  circuitRelayOf,
} from './healthy.ts'

const IDLE_SERVICE: CircuitRelayServiceStatus = {
  reservations: 3,
  maxReservations: 1024,
  refusedFull: 0,
  refusedAddress: 0,
  circuits: 0,
  maxCircuits: 1024,
  openedCircuits: 5,
  refusedCircuits: 0,
  carriedBytes: 1_000,
}

/** The address of a relay in the local network. */
const NEARBY = { space: 'local', url: 'ws://192.168.1.7:4001' } as const

const host = (more: Partial<HostStatus>): Partial<RelayStatus> => ({
  host: { ...healthyBrowser().host, ...more },
})
const network = (state: NetworkStatus['state'], ...problems: string[]): RelayStatus =>
  healthyBrowser({ network: { source: 'file', state, problems } })
const peer = (more: Partial<PeerStatus>): RelayStatus => healthyBrowser({ peer: healthyPeer(more) })
const routing = (more: Partial<RoutingStatus>): RelayStatus =>
  peer({ routing: { bootstrap: [], delegated: [], ...more } })
const webrtc = (why: NonNullable<TransportStatus['why']>, more: Partial<RelayStatus> = {}): RelayStatus =>
  healthyBrowser({ transports: [{ name: 'webrtc', able: false, why }], ...more })
const serving = (more: Partial<CircuitRelayServiceStatus>): RelayStatus =>
  healthyProgram({}, { service: { ...IDLE_SERVICE, ...more } })
const unstarted = (status: RelayStatus, more: Partial<HostStatus> = {}): RelayStatus => {
  const { peer: _, ...rest } = status
  return { ...rest, host: { ...rest.host, ...more } }
}
const startError = (kind: 'identity-in-use' | 'failed', message: string): Partial<HostStatus> => ({
  startError: { kind, message, atMs: AT_MS },
})
const refusal = (
  what: RelayStatus['refusals'][number]['what'],
  more: Partial<RelayStatus['refusals'][number]> = {},
): RelayStatus =>
  healthyBrowser({
    clients: [clientOf(1)],
    refusals: Array.from({ length: 5 }, (_, index) => ({
      atMs: AT_MS - 50_000 + index,
      client: 'tab 1',
      what,
      peer: '12D3KooWAnn',
      protocol: '/x/y',
      reason: 'because',
      ...more,
    })),
  })
const failing = (...kinds: ReservationFailure['kind'][]): RelayStatus =>
  peer({ relays: kinds.map((kind, index) => failedRelay(index, kind)) })

/** Each finding with a snapshot that has it, and its text and action, in whole or in part. */
const CASES: readonly [id: FindingId, status: RelayStatus, text: string, action: string][] = [
  // Where the peer runs.
  [
    'identity-in-use',
    unstarted(healthyBrowser(), startError('identity-in-use', 'another worker runs')),
    'Your peer cannot start: another worker of this site is already running with its identity.',
    'Close all tabs of this site, then open it again.',
  ],
  [
    'start-failed',
    unstarted(healthyBrowser(), startError('failed', 'the stored key is broken')),
    'Your peer could not start: The stored key is broken.',
    'Reload this page to try again. If that does not help, close all tabs of this site and open it again.',
  ],
  [
    'start-failed',
    unstarted(healthyProgram(), startError('failed', 'the address is in use')),
    'Your peer could not start: The address is in use.',
    'Fix the cause, then start the program again.',
  ],
  [
    'not-started',
    unstarted(healthyBrowser()),
    'Your peer is not running, because nothing has used it yet.',
    'It starts when a page uses it. The start page of this site does.',
  ],
  [
    'not-started',
    unstarted(healthyProgram()),
    'Your peer is not running, because nothing has used it yet.',
    'It starts when a page uses it, or immediately with the flag -start.',
  ],
  [
    'identity-not-kept',
    healthyBrowser(host({ identity: { kind: 'not-kept', reason: 'the browser keeps nothing' } })),
    'Your peer loses its identity when it stops, so nobody can find it again by its ID: The browser keeps nothing.',
    'Allow this site to store data in the browser settings, or open it outside private browsing. Then reload it.',
  ],
  [
    'identity-replaced',
    healthyBrowser(host({ identity: { kind: 'replaced', reason: 'the stored key is not text' } })),
    'The key stored in this browser is damaged, so your peer has a new key and a new ID. The stored key is not text.',
    'In Settings you can restore a copy of the old key, keep the new one, or forget everything. The damaged record was set aside.',
  ],
  [
    'identity-deleted',
    healthyBrowser(host({ identity: { kind: 'deleted' } })),
    'The browser has deleted what this site stored, including the key of your peer. When your peer stops, its ID is lost, and the next one has a new ID.',
    'To keep the ID, open Settings, save the key as a file, and then choose that file as the key to use.',
  ],
  [
    'offline',
    healthyBrowser({ ...host({ online: false }), peer: healthyPeer({ connectionCount: 0 }) }),
    'This machine has no network. The pages that share your peer can reach each other, but nobody else.',
    'Connect it to a network. Your peer reconnects within seconds.',
  ],
  [
    'update-waits',
    healthyBrowser(host({ updateWaits: true })),
    'A new version of this site is waiting. The peer of the old version keeps running while it has open connections.',
    'When those connections are no longer needed, close the other tabs of this site and reload this one.',
  ],
  [
    'local-network-denied',
    healthyBrowser({
      ...host({ localNetwork: { loopback: 'granted', local: 'denied' } }),
      peer: healthyPeer({ relays: [failedRelay(1, 'unreachable', { local: [NEARBY] })] }),
    }),
    'A circuit relay is in the local network, and this browser does not let this site reach it.',
    'Allow the local network for this site, in the settings that the browser shows next to its address.',
  ],
  [
    'local-network-prompt',
    healthyBrowser({
      ...host({ localNetwork: { loopback: 'denied', local: 'prompt' } }),
      peer: healthyPeer({ relays: [1, 2].map((n) => failedRelay(n, 'unreachable', { local: [NEARBY] })) }),
    }),
    'Circuit relays are in the local network, and this browser needs your permission to let this site reach it.',
    'Use the button on the Peer page, and the browser asks you. Or allow the local network for this site, in the settings that the browser shows next to its address.',
  ],
  [
    'clock-jumped',
    healthyBrowser(host({ clockJump: { noticedMs: AT_MS - 180_000, byMs: 3_600_000 } })),
    'The clock of this machine jumped forward by 1 h, 3 min ago: the machine was asleep, or its clock was set. All reservations and connections were checked.',
    '',
  ],
  [
    'clock-jumped',
    healthyProgram({
      host: { ...healthyProgram().host, clockJump: { noticedMs: AT_MS - 20_000, byMs: -90_000 } },
    }),
    'The clock of this machine jumped back by 1 min 30 s, 20 s ago: the machine was asleep, or its clock was set. All reservations and connections were checked.',
    '',
  ],
  // /network.json.
  [
    'network-kept',
    network('kept', 'the server asks for a login (status 401)'),
    'The server is not returning /network.json: the server asks for a login (status 401). The last version that it returned is used instead.',
    'If the server asks for a login, open network.json in a tab and log in. Otherwise, wait.',
  ],
  [
    'network-missing',
    network('missing', 'there is none'),
    'This site has no /network.json, which would list circuit relays and peers.',
    'Whoever runs the site should add one. Until then, add circuit relays and peers in the settings.',
  ],
  [
    'network-unreachable',
    network('unreachable', 'it answers 503'),
    '/network.json, which lists circuit relays and peers, could not be read: it answers 503.',
    'Check whether the site can be reached. The file is read again when circuit relays fail.',
  ],
  [
    'network-not-json',
    network('not-json', 'it is not a JSON object'),
    '/network.json is invalid, so it provides no circuit relays or peers: it is not a JSON object.',
    'Whoever runs the site should fix it. Until then, add circuit relays and peers in the settings.',
  ],
  [
    'network-flawed',
    network('flawed', '"relays": "x" is not a multiaddr'),
    'Part of /network.json is invalid: "relays": "x" is not a multiaddr. The rest is used.',
    'Whoever runs the site should fix these entries.',
  ],
  [
    'network-flawed',
    network('flawed', 'one', 'two', 'three', 'four', 'five'),
    'Part of /network.json is invalid: one, two, three and 2 more. The rest is used.',
    'Whoever runs the site should fix these entries.',
  ],
  // Relays.
  [
    'no-relays',
    peer({ relays: [] }),
    'This browser has no circuit relay, so only peers it has already contacted can reach it. It can still reach peers that have an address.',
    'Add one in the settings or in /network.json. To run one, use the command libp2p-websocket -start -relay.',
  ],
  [
    'no-relays-wanted',
    peer({ relays: [], relaysWanted: 0 }),
    'This browser is configured to have no reservations on circuit relays, so other browsers can reach it only while it is connected to them.',
    'If that is not intended, set "reservations" in /network.json to 2.',
  ],
  [
    'relays-trying',
    peer({ relays: [1, 2].map((n) => circuitRelayOf(n, { state: { kind: 'trying', sinceMs: AT_MS } })) }),
    'Your peer is asking two circuit relays for a reservation, so that others can reach it.',
    '',
  ],
  [
    'relays-failed',
    failing('full', 'full'),
    'No circuit relay has accepted your peer: two were tried, both were full. Others can still reach you if you connect to them first.',
    'Add another circuit relay in the settings, or ask whoever runs this one to raise its limit (-relayreservations).',
  ],
  [
    'relays-failed',
    failing('unreachable'),
    'No circuit relay has accepted your peer: one was tried and could not be reached. Others can still reach you if you connect to them first.',
    'Check whether the circuit relay is running, and whether its address in /network.json or the settings is correct.',
  ],
  [
    'relays-failed',
    failing('refused', 'refused', 'refused'),
    'No circuit relay has accepted your peer: three were tried, all refused. Others can still reach you if you connect to them first.',
    'Add another circuit relay in the settings, or ask whoever runs this one to accept your peer.',
  ],
  [
    'relays-failed',
    failing('full', 'slow', 'slow'),
    'No circuit relay has accepted your peer: three were tried, of which two did not answer in time and one was full. Others can still reach you if you connect to them first.',
    'Wait a moment, or add another circuit relay in the settings.',
  ],
  [
    'relays-failed',
    failing('no-relay'),
    'one was tried and is not a circuit relay.',
    'Add another circuit relay in the settings, or start this one with -relay.',
  ],
  [
    'relays-failed',
    failing('no-relay', 'no-relay'),
    'two were tried, neither is a circuit relay.',
    'Add another circuit relay in the settings, or start this one with -relay.',
  ],
  [
    'relays-failed',
    failing('no-address'),
    'one was tried and gave no address.',
    'Add another circuit relay in the settings. Whoever runs this one should give it an address (-announce).',
  ],
  [
    'relays-failed',
    failing('untrue'),
    'one was tried and gave an invalid reservation.',
    'Add another circuit relay in the settings. The reservations of this one do not work.',
  ],
  [
    'relays-failed',
    failing('lost'),
    'one was tried and was lost.',
    'Wait a moment: your peer is reconnecting. If it does not succeed, check whether the circuit relay is running.',
  ],
  ['relays-failed', failing('lost', 'lost'), 'two were tried, both were lost.', 'Wait a moment'],
  ['relays-failed', failing('lost', 'lost', 'lost'), 'three were tried, all were lost.', 'Wait a moment'],
  [
    'relays-failed',
    failing('unreachable', 'unreachable'),
    'two were tried, neither could be reached.',
    'Check',
  ],
  ['relays-failed', failing('slow', 'slow', 'slow'), 'three were tried, none answered in time.', 'Wait'],
  [
    'relays-failed',
    failing('no-address', 'no-address', 'no-relay', 'no-relay', 'untrue', 'lost', 'lost'),
    'seven were tried, of which two gave no address, two are not circuit relays, two were lost and one gave an invalid reservation.',
    'Add another circuit relay',
  ],
  [
    'relays-failed',
    healthyProgram({}, { public: false, relays: [failedRelay(1, 'full')] }),
    'No circuit relay has accepted your peer: one was tried and was full. Others can still reach you if you connect to them first.',
    'Add another circuit relay',
  ],
  [
    'relays-few',
    peer({ relays: [circuitRelayOf(1), failedRelay(2, 'full')] }),
    'Your peer wants two reservations on circuit relays and has one. If it is lost, nobody can reach you for a while. Of the other circuit relays, one was tried and was full.',
    'Add another circuit relay in the settings, or ask whoever runs this one to raise its limit (-relayreservations).',
  ],
  [
    'relays-few',
    peer({ relaysWanted: 3 }),
    'Your peer wants three reservations on circuit relays and has two. It knows no other circuit relay.',
    'Add another circuit relay in the settings or in /network.json. Meanwhile, your peer searches the network for one.',
  ],
  // Reachability.
  [
    'not-public',
    healthyProgram({}, { public: false }),
    'None of the addresses of your peer is known to be reachable from outside. Peers in its own network can reach it.',
    'Forward a port to it on the router, and announce that address with -announce. Or wait: other peers may soon confirm an address.',
  ],
  [
    'this-machine-only',
    healthyProgram(
      {},
      {
        public: false,
        addresses: ['/ip4/127.0.0.1/tcp/1', '/ip6/::1/tcp/1', '/dns4/localhost/tcp/1'].map((address) => ({
          address,
          from: 'listen',
          confirmed: false,
          told: true,
        })),
      },
    ),
    'Your peer listens on this machine only, so only browsers and programs on this machine can reach it.',
    'To let others reach it, listen on other addresses too: -listen /ip4/0.0.0.0/tcp/0.',
  ],
  [
    'dials-waiting',
    peer({ dialCount: 65 }),
    '65 connections are being opened or are queued, so new ones may take a long time.',
    'Wait, or close the page that opens so many.',
  ],
  [
    'circuit-ending',
    peer({
      connections: [
        {
          id: '1',
          peer: '12D3KooWAnn',
          address: '/x',
          direction: 'outbound',
          openedMs: AT_MS,
          path: 'relayed',
          relay: '12D3KooWRelay1',
          limited: true,
          leftBytes: 12_345,
          streams: ['/x/y'],
          inBytes: 0,
          outBytes: 0,
        },
      ],
    }),
    'A circuit relay is about to close a connection that has almost used up its data limit: 12 kB left to 12D3KooWAnn.',
    'Use a circuit relay with a higher limit (-relaydata), or make sure that both sides have WebRTC, which does not need one.',
  ],
  // Service as a circuit relay.
  [
    'service-full',
    serving({ reservations: 16, maxReservations: 16, refusedFull: 1 }),
    'All 16 reservations of this circuit relay are taken, and one request was refused. No other browser can be reached through it.',
    'Raise the limit with -relayreservations, or run another circuit relay.',
  ],
  [
    'service-full',
    serving({ reservations: 1, maxReservations: 1 }),
    'The only reservation of this circuit relay is taken. No other browser can be reached through it.',
    'Raise the limit',
  ],
  [
    'service-busy',
    serving({ circuits: 64, maxCircuits: 64, refusedCircuits: 12 }),
    'This circuit relay carries 64 circuits, which is its limit, and 12 requests were refused. No other circuit can be opened through it.',
    'Raise the limit with -relaycircuits, or run another circuit relay.',
  ],
  [
    'service-busy',
    serving({ circuits: 1, maxCircuits: 1 }),
    'This circuit relay carries one circuit, which is its limit. No other circuit can be opened through it.',
    'Raise the limit',
  ],
  // Peer lookup.
  [
    'no-bootstrap',
    routing({
      bootstrap: [
        { address: '/a', connected: false, lastError: { atMs: AT_MS, message: 'nothing answers there' } },
      ],
    }),
    'The bootstrap peer is not connected: Nothing answers there. Until one is, peers cannot be found by their ID alone.',
    'Check whether they are running, and whether their addresses are correct. Your peer keeps dialling them.',
  ],
  [
    'no-bootstrap',
    routing({
      bootstrap: ['/a', '/b'].map((address) => ({
        address,
        connected: false,
        lastError: { atMs: AT_MS, message: 'no way' },
      })),
    }),
    'None of the two bootstrap peers is connected: No way. Until one is, peers cannot be found by their ID alone.',
    'Check whether they are running',
  ],
  [
    'dht-empty',
    routing({ bootstrap: [{ address: '/a', connected: true }], dht: { mode: 'client', peers: 0 } }),
    'Your peer is connected to the network, but none of the peers it has met answers DHT queries, so peers cannot be found by their ID alone.',
    'Add a bootstrap peer that serves the DHT, such as the Node build.',
  ],
  [
    'delegated-failing',
    routing({
      delegated: ['https://a.example/', 'https://b.example/'].map((url) => ({
        url,
        answered: 0,
        failed: 1,
        lastError: { atMs: AT_MS, message: 'it answers 500' },
      })),
    }),
    'Looking up peers at https://a.example/ fails: It answers 500. The same is true of one other server.',
    'Replace or remove this delegated routing server in the settings or in /network.json.',
  ],
  [
    'no-routing',
    routing({}),
    'No bootstrap peer or delegated routing server is configured, so peers can be found by their connect string, but not by their ID alone.',
    'To find peers by their ID, add a bootstrap peer in the settings or in /network.json.',
  ],
  // WebRTC.
  [
    'webrtc-blocked',
    webrtc('blocked'),
    'Something prevents the tabs from using WebRTC, the direct connection between browsers: a policy of the page, an extension, or a browser setting. Streams between browsers go through circuit relays instead.',
    'Allow WebRTC for this site in the browser and its extensions. A content security policy must allow rtc-lender.js and rtc-pump.js.',
  ],
  [
    'webrtc-unsupported',
    webrtc('unsupported'),
    'This browser does not support WebRTC, the direct connection between browsers, or it is turned off. Streams between browsers go through circuit relays instead.',
    'Turn it on in the browser settings, or use a browser that has it: Chromium, Firefox or Safari.',
  ],
  [
    'webrtc-budget-spent',
    webrtc('budget-spent'),
    'The tabs have made as many WebRTC connections as this browser currently allows. Streams between browsers go through circuit relays instead.',
    'Wait a minute, or open another tab of this site.',
  ],
  [
    'webrtc-failing',
    peer({ directFails: true }),
    'The last attempts at a direct connection failed, so streams to browsers go through circuit relays. The browser may hide its addresses from WebRTC, or this machine may have no network.',
    'Check whether the browser or an extension protects against WebRTC leaks, and allow this site there. Your peer keeps trying direct connections.',
  ],
  [
    'webrtc-no-lender',
    webrtc('no-lender', { tabs: [] }),
    'No tab currently lends WebRTC, the direct connection between browsers. Streams between browsers go through circuit relays instead.',
    'Keep a tab of this site open.',
  ],
  [
    'webrtc-no-lender',
    webrtc('no-lender', {
      tabs: [
        {
          name: 'tab 1',
          title: '',
          path: '/',
          visible: true,
          webrtc: 'comes',
          carries: 0,
          made: 0,
          budget: 400,
        },
      ],
    }),
    'No tab currently lends WebRTC',
    '',
  ],
  // Clients.
  [
    'client-unread',
    healthyBrowser({ clients: [clientOf(1, { unreadSinceMs: AT_MS - 20_000 })] }),
    '“Page 1” has not read its messages for 20 s, so its streams have stopped.',
    'Bring it to the front: browsers slow down background tabs. If that does not help, reload it.',
  ],
  [
    'client-unread',
    healthyBrowser({
      clients: [1, 2, 3].map((n) => clientOf(n, { unreadSinceMs: AT_MS - n * 20_000, label: '' })),
    }),
    '“tab 3” has not read its messages for 1 min, so its streams have stopped. The same is true of 2 others.',
    'Bring it to the front',
  ],
  [
    'client-held-up',
    healthyBrowser({
      clients: [clientOf(1, { heldUp: { why: 'streams', sinceMs: AT_MS - 30_000 } })],
    }),
    '“Page 1” has been waiting for 30 s, because the peer 12D3KooWAnn is not reading what it sends: 2.0 MB are queued.',
    'Wait: the connection to that peer may be slow. Or close that stream, so that the other streams of the page can continue.',
  ],
  [
    'client-held-up',
    healthyBrowser({
      clients: [1, 2].map((n) =>
        clientOf(n, { heldUp: { why: 'streams', sinceMs: AT_MS - 30_000 }, streams: [], queuedBytes: 9 }),
      ),
    }),
    '“Page 1” has been waiting for 30 s, because a peer is not reading what it sends: 9 B are queued. The same is true of one other.',
    'Wait',
  ],
  [
    'refusals',
    refusal('connect'),
    '“Page 1” failed to open a stream to 12D3KooWAnn (/x/y) 5 times within a minute. The last reason: Because.',
    'Check whether the other peer is online, and ask for a new connect string.',
  ],
  [
    'refusals',
    refusal('connect', { peer: '' }),
    'failed to open a stream to a peer (/x/y) 5 times within a minute',
    'Check',
  ],
  [
    'refusals',
    refusal('start', { client: 'tab 9' }),
    '“tab 9” failed to start your peer 5 times within a minute. The last reason: Because.',
    'See the other findings for why your peer does not start.',
  ],
  [
    'refusals',
    refusal('listen'),
    'failed to listen on /x/y 5 times within a minute',
    'Close the page that already listens on this protocol, or choose another protocol.',
  ],
  [
    'refusals',
    refusal('accept'),
    'failed to accept a stream from 12D3KooWAnn (/x/y) 5 times within a minute',
    'Close streams of that page that are no longer needed.',
  ],
]

test.each(CASES)('%s is found', (id, status, text, action) => {
  const findings = diagnose(status).filter((finding) => finding.id === id)
  expect(findings).toHaveLength(1)
  expect(findings[0]?.text).toContain(text)
  if (action === '') expect(findings[0]?.action).toBe('')
  else expect(findings[0]?.action).toContain(action)
})

describe('nothing is found about', () => {
  test.each<[string, RelayStatus]>([
    ['a healthy browser', healthyBrowser()],
    ['a healthy program', healthyProgram()],
    ['a relay below its limits', serving({})],
    ['a network.json that has not been read yet', network('unread')],
    ['a machine without a network that has connections to itself', healthyBrowser(host({ online: false }))],
    [
      'a permission that is not needed',
      healthyBrowser({
        ...host({ localNetwork: { loopback: 'denied', local: 'denied' } }),
        peer: healthyPeer({ relays: [circuitRelayOf(1, { local: [NEARBY] }), circuitRelayOf(2)] }),
      }),
    ],
    [
      'the permission for the local network, if the circuit relay is on this machine',
      healthyBrowser({
        ...host({ localNetwork: { loopback: 'granted', local: 'prompt' } }),
        peer: healthyPeer({
          relays: [
            circuitRelayOf(1),
            circuitRelayOf(2),
            circuitRelayOf(3, {
              local: [{ space: 'loopback', url: 'ws://127.0.0.1:4001' }],
              state: { kind: 'spare' },
            }),
          ],
        }),
      }),
    ],
    [
      'a clock jump long ago',
      healthyBrowser(host({ clockJump: { noticedMs: AT_MS - 700_000, byMs: 60_000 } })),
    ],
    [
      'an earlier error of a circuit relay that now holds a reservation',
      peer({
        relays: [
          circuitRelayOf(1, { lastError: { atMs: 0, kind: 'lost', message: 'x' } }),
          circuitRelayOf(2),
        ],
      }),
    ],
    [
      'a circuit relay that fails while there are enough reservations',
      peer({ relays: [circuitRelayOf(1), circuitRelayOf(2), failedRelay(3, 'full')] }),
    ],
    [
      'bootstrap peers that are being dialled',
      routing({ bootstrap: [{ address: '/a', connected: false }], dht: { mode: 'client', peers: 0 } }),
    ],
    [
      'a DHT that has just started',
      peer({
        startedMs: AT_MS - 5_000,
        routing: {
          bootstrap: [{ address: '/a', connected: true }],
          dht: { mode: 'client', peers: 0 },
          delegated: [],
        },
      }),
    ],
    [
      'a client that has been stalled briefly',
      healthyBrowser({
        clients: [
          clientOf(1, { heldUp: { why: 'streams', sinceMs: AT_MS - 2_000 }, unreadSinceMs: AT_MS - 2_000 }),
        ],
      }),
    ],
    ['refusals long ago', refusal('connect', { atMs: AT_MS - 70_000 })],
    ['a few refusals', { ...refusal('connect'), refusals: refusal('connect').refusals.slice(0, 4) }],
  ])('%s', (_, status) => {
    expect(diagnose(status)).toEqual([])
  })
})

test('findings are sorted by severity, then in the order of FINDING_IDS', () => {
  const status = healthyBrowser({
    ...host({ clockJump: { noticedMs: AT_MS, byMs: 60_000 }, updateWaits: true }),
    network: { source: 'file', state: 'missing', problems: [] },
    peer: healthyPeer({ relays: [], routing: { bootstrap: [], delegated: [] } }),
  })
  expect(diagnose(status).map(({ severity, id }) => `${severity} ${id}`)).toEqual([
    'error no-relays',
    'warning network-missing',
    'warning update-waits',
    'info no-routing',
    'info clock-jumped',
  ])
})

test('every finding is covered here, and docs/troubleshooting.md has a heading for each and no other', () => {
  const found = new Set(CASES.map(([id]) => id))
  expect([...found].toSorted()).toEqual([...FINDING_IDS].toSorted())
  const headings = [...readFileSync('docs/troubleshooting.md', 'utf8').matchAll(/^### (.*)$/gmu)].map(
    ([, heading]) => String(heading),
  )
  expect(headings.toSorted()).toEqual([...FINDING_IDS].toSorted())
})

test('any combination of problems gives each finding once, in sentences, without changing the snapshot', () => {
  fc.assert(
    fc.property(fc.subarray([...CASES], { minLength: 1 }), (cases) => {
      const status = healthyBrowser()
      for (const [, one] of cases) Object.assign(status, one)
      const before = JSON.stringify(status)
      const findings = diagnose(status)
      expect(JSON.stringify(status)).toBe(before)
      expect(new Set(findings.map(({ id }) => id)).size).toBe(findings.length)
      const ranks = findings.map(({ severity }) => SEVERITIES.indexOf(severity))
      expect(ranks).toEqual(ranks.toSorted((one, other) => one - other))
      for (const { text, action } of findings) {
        expect(text).toMatch(/^[A-Z0-9“/].*[.!?…]$/u)
        if (action !== '') expect(action).toMatch(/^[A-Z].*[.!?…]$/u)
      }
    }),
    { numRuns: 500 },
  )
})
