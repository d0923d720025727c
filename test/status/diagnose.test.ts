import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type {
  FindingId,
  HostStatus,
  NetworkStatus,
  PeerStatus,
  RelayError,
  RelayServiceStatus,
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

const IDLE_SERVICE: RelayServiceStatus = {
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

/** Where a relay in the local network is. */
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
const serving = (more: Partial<RelayServiceStatus>): RelayStatus =>
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
const failing = (...kinds: RelayError['kind'][]): RelayStatus =>
  peer({ relays: kinds.map((kind, index) => failedRelay(index, kind)) })

/** What is found, and what is said: the text and the action, whole or a part. */
const CASES: readonly [id: FindingId, status: RelayStatus, text: string, action: string][] = [
  // The place that it runs in.
  [
    'identity-in-use',
    unstarted(healthyBrowser(), startError('identity-in-use', 'another worker runs')),
    'The peer cannot start: another worker of this site runs with its identity, and there must not be two.',
    'Close all tabs of this site, then open it again.',
  ],
  [
    'start-failed',
    unstarted(healthyBrowser(), startError('failed', 'the stored key is broken')),
    'The peer could not start: The stored key is broken.',
    'Reload this page to try it again. If it stays so, close all tabs of this site and open it again.',
  ],
  [
    'start-failed',
    unstarted(healthyProgram(), startError('failed', 'the address is in use')),
    'The peer could not start: The address is in use.',
    'Correct what it names, then start the program again.',
  ],
  [
    'not-started',
    unstarted(healthyBrowser()),
    'The peer is not running, as nobody has asked for it yet.',
    'It starts with the first page that uses it: the start page of this site does.',
  ],
  [
    'not-started',
    unstarted(healthyProgram()),
    'The peer is not running, as nobody has asked for it yet.',
    'It starts with the first page that uses it, or at once with the flag -start.',
  ],
  [
    'identity-not-kept',
    healthyBrowser(host({ identity: { kind: 'not-kept', reason: 'the browser keeps nothing' } })),
    'The identity of this peer is lost when it ends, so that nobody finds it again by its ID: The browser keeps nothing.',
    'Let this site store data in the settings of the browser, or open it outside private browsing; then reload it.',
  ],
  [
    'identity-replaced',
    healthyBrowser(host({ identity: { kind: 'replaced', reason: 'the stored key is not text' } })),
    'The key that this browser kept is damaged, so your peer has a new key and a new ID. The stored key is not text.',
    'Open Settings: there you can use a copy of the old key, keep the new one, or forget everything. The damaged record was set aside.',
  ],
  [
    'identity-deleted',
    healthyBrowser(host({ identity: { kind: 'deleted' } })),
    'The browser has deleted what this site stored, including the key of this peer. When the peer ends, its ID is lost, and the next one has a new ID.',
    'To keep the ID, open Settings, save the key as a file, and then choose that file as the key to use.',
  ],
  [
    'offline',
    healthyBrowser({ ...host({ online: false }), peer: healthyPeer({ connectionCount: 0 }) }),
    'This machine has no network. Pages of this peer can talk to each other, and to nobody else.',
    'Connect it to a network: the peer goes on by itself within seconds.',
  ],
  [
    'update-waits',
    healthyBrowser(host({ updateWaits: true })),
    'Another version of this site waits: the peer of the earlier one goes on for as long as it has open connections.',
    'When what they do is done, close the other tabs of this site and reload this one.',
  ],
  [
    'local-network-denied',
    healthyBrowser({
      ...host({ localNetwork: { loopback: 'granted', local: 'denied' } }),
      peer: healthyPeer({ relays: [failedRelay(1, 'unreachable', { local: [NEARBY] })] }),
    }),
    'A relay is in the local network, which this browser does not let this site reach.',
    'Allow the local network for this site: in the settings that the browser shows beside its address.',
  ],
  [
    'local-network-prompt',
    healthyBrowser({
      ...host({ localNetwork: { loopback: 'denied', local: 'prompt' } }),
      peer: healthyPeer({ relays: [1, 2].map((n) => failedRelay(n, 'unreachable', { local: [NEARBY] })) }),
    }),
    'Relays are in the local network, for which this browser wants your permission.',
    'Have the browser ask you, on the page of the peer; or allow the local network for this site in the settings that the browser shows beside its address.',
  ],
  [
    'clock-jumped',
    healthyBrowser(host({ clockJump: { noticedMs: AT_MS - 180_000, byMs: 3_600_000 } })),
    'The clock of this machine jumped forward by 60 min, 3 min ago: it slept, or its clock was set. Whatever this browser holds elsewhere was looked after at once.',
    '',
  ],
  [
    'clock-jumped',
    healthyProgram({
      host: { ...healthyProgram().host, clockJump: { noticedMs: AT_MS - 20_000, byMs: -90_000 } },
    }),
    'The clock of this machine jumped back by 90 s, 20 s ago: it slept, or its clock was set. Whatever this program holds elsewhere was looked after at once.',
    '',
  ],
  // What the file says.
  [
    'network-kept',
    network('kept', 'the server asks for a login (status 401)'),
    'The server does not give /network.json at present: the server asks for a login (status 401). The last one that it gave is used.',
    'If the server asks for a login, open network.json in a tab and log in. Otherwise wait.',
  ],
  [
    'network-missing',
    network('missing', 'there is none'),
    'This site has no /network.json, which would name relays and peers.',
    'Whoever runs the site should put one there; until then, name relays and peers in the settings.',
  ],
  [
    'network-unreachable',
    network('unreachable', 'it answers 503'),
    '/network.json, which names relays and peers, could not be read: it answers 503.',
    'See whether the site can be reached at all; it is read again when relays fail.',
  ],
  [
    'network-not-json',
    network('not-json', 'it is not a JSON object'),
    '/network.json names nobody, as it cannot be read: it is not a JSON object.',
    'Whoever runs the site should correct it; until then, name relays and peers in the settings.',
  ],
  [
    'network-flawed',
    network('flawed', '"relays": "x" is not a multiaddr'),
    'Part of /network.json cannot be used: "relays": "x" is not a multiaddr. The rest of it is used.',
    'Whoever runs the site should correct what is named.',
  ],
  [
    'network-flawed',
    network('flawed', 'one', 'two', 'three', 'four', 'five'),
    'Part of /network.json cannot be used: one, two, three and 2 more. The rest of it is used.',
    'Whoever runs the site should correct what is named.',
  ],
  // Relays.
  [
    'no-relays',
    peer({ relays: [] }),
    'No relay is known to this browser, so nobody can reach it whom it has not connected to first. It can still reach others that have an address.',
    'Name one in the settings or in /network.json: the command libp2p-websocket -start -relay runs one.',
  ],
  [
    'no-relays-wanted',
    peer({ relays: [], relaysWanted: 0 }),
    'This browser is told to hold no place on a relay, so other browsers can reach it only while it is connected to them.',
    'If that is not meant, set "reservations" in /network.json to 2.',
  ],
  [
    'relays-trying',
    peer({ relays: [1, 2].map((n) => circuitRelayOf(n, { state: { kind: 'trying', sinceMs: AT_MS } })) }),
    'This browser is asking two relays for a place, so that others can reach it.',
    '',
  ],
  [
    'relays-failed',
    failing('full', 'full'),
    'No relay has accepted this browser: two were tried, both refused (full). Others can still reach you if you connect to them first.',
    'Name another relay in the settings, or ask whoever runs this one for more room (-relayreservations).',
  ],
  [
    'relays-failed',
    failing('unreachable'),
    'No relay has accepted this browser: one was tried, and could not be reached. Others can still reach you if you connect to them first.',
    'See whether the relay runs, and whether its address in /network.json or the settings is right.',
  ],
  [
    'relays-failed',
    failing('refused', 'refused', 'refused'),
    'No relay has accepted this browser: three were tried, all refused. Others can still reach you if you connect to them first.',
    'Name another relay in the settings, or ask whoever runs this one to let this peer in.',
  ],
  [
    'relays-failed',
    failing('full', 'slow', 'slow'),
    'No relay has accepted this browser: three were tried, of which two did not answer in time and one refused (full). Others can still reach you if you connect to them first.',
    'Wait a little, or name another relay in the settings.',
  ],
  [
    'relays-failed',
    failing('no-relay'),
    'one was tried, and serves no circuits.',
    'Name another relay in the settings, or start this one with -relay.',
  ],
  [
    'relays-failed',
    failing('no-relay', 'no-relay'),
    'two were tried, neither serves circuits.',
    'Name another relay in the settings, or start this one with -relay.',
  ],
  [
    'relays-failed',
    failing('no-address'),
    'one was tried, and gave no address.',
    'Name another relay in the settings; whoever runs this one should give it an address (-announce).',
  ],
  [
    'relays-failed',
    failing('untrue'),
    'one was tried, and gave a place that is none.',
    'Name another relay in the settings: this one does not keep its word.',
  ],
  [
    'relays-failed',
    failing('lost'),
    'one was tried, and was lost.',
    'Wait a little: it is asked again. If it stays so, see whether the relay runs.',
  ],
  ['relays-failed', failing('lost', 'lost'), 'two were tried, both were lost.', 'Wait a little'],
  ['relays-failed', failing('lost', 'lost', 'lost'), 'three were tried, all were lost.', 'Wait a little'],
  [
    'relays-failed',
    failing('unreachable', 'unreachable'),
    'two were tried, neither could be reached.',
    'See',
  ],
  ['relays-failed', failing('slow', 'slow', 'slow'), 'three were tried, none answered in time.', 'Wait'],
  [
    'relays-failed',
    failing('no-address', 'no-address', 'no-relay', 'no-relay', 'untrue', 'lost', 'lost'),
    'seven were tried, of which two gave no address, two serve no circuits, two were lost and one gave a place that is none.',
    'Name another relay',
  ],
  [
    'relays-failed',
    healthyProgram({}, { public: false, relays: [failedRelay(1, 'full')] }),
    'No relay has accepted this program: one was tried, and refused (full).',
    'Name another relay',
  ],
  [
    'relays-few',
    peer({ relays: [circuitRelayOf(1), failedRelay(2, 'full')] }),
    'One of the two relays that are wanted holds a place: of the others, one was tried, and refused (full). If it goes, nobody can reach you for a while.',
    'Name another relay in the settings, or ask whoever runs this one for more room (-relayreservations).',
  ],
  [
    'relays-few',
    peer({ relaysWanted: 3 }),
    'Two of the three relays that are wanted hold a place, and no other is known.',
    'Name another in the settings or in /network.json; the network is searched for one meanwhile.',
  ],
  // Ways in and out.
  [
    'not-public',
    healthyProgram({}, { public: false }),
    'None of the addresses of this peer is known to be reachable from outside. Peers of its own network can reach it.',
    'Let the router pass a port on to it, and name that address by -announce; or wait: others may confirm one soon.',
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
    'The peer listens on this machine only: browsers and programs on it can reach it, and nobody else.',
    'If others are to reach it, let it listen on more: -listen /ip4/0.0.0.0/tcp/0.',
  ],
  [
    'dials-waiting',
    peer({ dialCount: 65 }),
    '65 connections are being opened or wait for their turn, so that a new one may take long.',
    'Wait, or close the page that asks for so many.',
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
    'A relay is about to cut a connection whose bytes are nearly used up: 12 kB to 12D3KooWAnn.',
    'Use a relay that allows more (-relaydata), or let both sides have WebRTC, which needs none.',
  ],
  // What it does for others.
  [
    'service-full',
    serving({ reservations: 16, maxReservations: 16, refusedFull: 1 }),
    'This relay has given away all of its 16 places, and has refused one request: no further browser can be reached through it.',
    'Give it more room with -relayreservations, or run another relay.',
  ],
  [
    'service-full',
    serving({ reservations: 1, maxReservations: 1 }),
    'This relay has given away its only place: no further browser can be reached through it.',
    'Give it more room',
  ],
  [
    'service-busy',
    serving({ circuits: 64, maxCircuits: 64, refusedCircuits: 12 }),
    'This relay carries 64 circuits, which is the most, and has refused 12 requests: no further one can be opened through it.',
    'Let it carry more with -relaycircuits, or run another relay.',
  ],
  [
    'service-busy',
    serving({ circuits: 1, maxCircuits: 1 }),
    'This relay carries one circuit, which is the most: no further one can be opened through it.',
    'Let it carry more',
  ],
  // Finding others.
  [
    'no-bootstrap',
    routing({
      bootstrap: [
        { address: '/a', connected: false, lastError: { atMs: AT_MS, message: 'nothing answers there' } },
      ],
    }),
    'The peer by which this one enters the network is not connected: Nothing answers there. Peers cannot be found by their ID alone until one is.',
    'See whether they run, and whether the addresses are right; they are dialled again all the time.',
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
    'None of the two addresses by which this peer enters the network is connected: No way.',
    'See whether they run',
  ],
  [
    'dht-empty',
    routing({ bootstrap: [{ address: '/a', connected: true }], dht: { mode: 'client', peers: 0 } }),
    'The peer is connected to the network, but none of those it has met answers questions of the DHT: peers cannot be found by their ID alone.',
    'Name a bootstrap peer that serves the DHT: the Node build does.',
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
    'Looking peers up at https://a.example/ does not work: It answers 500. Nor does it at one other.',
    'Name another server for delegated routing in the settings or in /network.json, or none.',
  ],
  [
    'no-routing',
    routing({}),
    'Nobody is named who could tell where a peer is, so a peer is found by its connect string, and not by its ID alone.',
    'If that is wanted, name a bootstrap peer in the settings or in /network.json.',
  ],
  // WebRTC.
  [
    'webrtc-blocked',
    webrtc('blocked'),
    'Something keeps the tabs from WebRTC, the direct way between browsers: a policy of the page, an extension, or a setting of the browser. Streams between browsers go through relays meanwhile.',
    'Allow WebRTC for this site in the browser and its extensions. A page with a content security policy must let rtc-lender.js and rtc-pump.js in.',
  ],
  [
    'webrtc-unsupported',
    webrtc('unsupported'),
    'This browser has no WebRTC, the direct way between browsers, or it is switched off. Streams between browsers go through relays meanwhile.',
    'Switch it on in the settings of the browser, or use one that has it: Chromium, Firefox, Safari.',
  ],
  [
    'webrtc-budget-spent',
    webrtc('budget-spent'),
    'The tabs have made as many WebRTC connections as this browser allows for the moment. Streams between browsers go through relays meanwhile.',
    'Wait a minute, or open one more tab of this site.',
  ],
  [
    'webrtc-failing',
    peer({ directFails: true }),
    'No direct connection came to the last peers that were tried, so streams to browsers go through relays. The browser may hide its addresses from WebRTC, or this machine may have no network but itself.',
    'See whether the browser or an extension protects against WebRTC leaks, and allow this site there.',
  ],
  [
    'webrtc-no-lender',
    webrtc('no-lender', { tabs: [] }),
    'No tab lends WebRTC, the direct way between browsers, at the moment. Streams between browsers go through relays meanwhile.',
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
    'No tab lends WebRTC',
    '',
  ],
  // Those who use it.
  [
    'client-unread',
    healthyBrowser({ clients: [clientOf(1, { unreadSinceMs: AT_MS - 20_000 })] }),
    '“Page 1” has not read what it was sent for 20 s, so its streams stand still.',
    'Bring it to the front: browsers slow down what nobody sees. If that does not help, reload it.',
  ],
  [
    'client-unread',
    healthyBrowser({
      clients: [1, 2, 3].map((n) => clientOf(n, { unreadSinceMs: AT_MS - n * 20_000, label: '' })),
    }),
    '“tab 3” has not read what it was sent for 60 s, so its streams stand still. So it is with 2 others.',
    'Bring it to the front',
  ],
  [
    'client-held-up',
    healthyBrowser({
      clients: [clientOf(1, { heldUp: { why: 'streams', sinceMs: AT_MS - 30_000 } })],
    }),
    '“Page 1” has been made to wait for 30 s, as the peer 12D3KooWAnn does not take what it sends: 2 MB wait.',
    'Wait: the way to that peer may be slow. Or close the stream, so that the others of this page go on.',
  ],
  [
    'client-held-up',
    healthyBrowser({
      clients: [1, 2].map((n) =>
        clientOf(n, { heldUp: { why: 'streams', sinceMs: AT_MS - 30_000 }, streams: [], queuedBytes: 9 }),
      ),
    }),
    '“Page 1” has been made to wait for 30 s, as a peer does not take what it sends: 9 B wait. So it is with one other.',
    'Wait',
  ],
  [
    'refusals',
    refusal('connect'),
    '5 times within a minute “Page 1” has asked for a stream to 12D3KooWAnn (/x/y) in vain, lastly: Because.',
    'See whether the other side is there, and ask it for a new connect string.',
  ],
  ['refusals', refusal('connect', { peer: '' }), 'has asked for a stream to a peer (/x/y) in vain', 'See'],
  [
    'refusals',
    refusal('start', { client: 'tab 9' }),
    '5 times within a minute “tab 9” has asked the peer to start in vain, lastly: Because.',
    'See what the other findings say of the start.',
  ],
  [
    'refusals',
    refusal('listen'),
    'has asked to listen on /x/y in vain',
    'Close the page that listens there already, or choose another protocol.',
  ],
  [
    'refusals',
    refusal('accept'),
    'was to be given a stream of 12D3KooWAnn (/x/y) in vain',
    'Close streams of that page which are not needed any more.',
  ],
]

test.each(CASES)('%s is found and said', (id, status, text, action) => {
  const findings = diagnose(status).filter((finding) => finding.id === id)
  expect(findings).toHaveLength(1)
  expect(findings[0]?.text).toContain(text)
  if (action === '') expect(findings[0]?.action).toBe('')
  else expect(findings[0]?.action).toContain(action)
})

describe('nothing is said', () => {
  test.each<[string, RelayStatus]>([
    ['of a healthy browser', healthyBrowser()],
    ['of a healthy program', healthyProgram()],
    ['of a relay that has room', serving({})],
    ['of a file that has not been read', network('unread')],
    ['of a machine without a network that talks to itself', healthyBrowser(host({ online: false }))],
    [
      'of a permission that nothing needs',
      healthyBrowser({
        ...host({ localNetwork: { loopback: 'denied', local: 'denied' } }),
        peer: healthyPeer({ relays: [circuitRelayOf(1, { local: [NEARBY] }), circuitRelayOf(2)] }),
      }),
    ],
    [
      'of a permission for the network, where the relay is on this machine',
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
      'of a jump of the clock long ago',
      healthyBrowser(host({ clockJump: { noticedMs: AT_MS - 700_000, byMs: 60_000 } })),
    ],
    [
      'of an earlier error of a relay that serves',
      peer({
        relays: [
          circuitRelayOf(1, { lastError: { atMs: 0, kind: 'lost', message: 'x' } }),
          circuitRelayOf(2),
        ],
      }),
    ],
    [
      'of relays beyond those that are wanted',
      peer({ relays: [circuitRelayOf(1), circuitRelayOf(2), failedRelay(3, 'full')] }),
    ],
    [
      'of bootstrap peers that are being dialled',
      routing({ bootstrap: [{ address: '/a', connected: false }], dht: { mode: 'client', peers: 0 } }),
    ],
    [
      'of a DHT that has just begun',
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
      'of a client that waits for a moment',
      healthyBrowser({
        clients: [
          clientOf(1, { heldUp: { why: 'streams', sinceMs: AT_MS - 2_000 }, unreadSinceMs: AT_MS - 2_000 }),
        ],
      }),
    ],
    ['of refusals long ago', refusal('connect', { atMs: AT_MS - 70_000 })],
    ['of a few refusals', { ...refusal('connect'), refusals: refusal('connect').refusals.slice(0, 4) }],
  ])('%s', (_, status) => {
    expect(diagnose(status)).toEqual([])
  })
})

test('the worst comes first, and in the order of the list', () => {
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

test('every finding can be found, and has its heading in docs/troubleshooting.md, which has no other', () => {
  const found = new Set(CASES.map(([id]) => id))
  expect([...found].toSorted()).toEqual([...FINDING_IDS].toSorted())
  const headings = [...readFileSync('docs/troubleshooting.md', 'utf8').matchAll(/^### (.*)$/gmu)].map(
    ([, heading]) => String(heading),
  )
  expect(headings.toSorted()).toEqual([...FINDING_IDS].toSorted())
})

test('whatever is wrong at once: each is said once, as sentences, and the snapshot is left as it was', () => {
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
