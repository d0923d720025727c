import type { PeerReport } from '../../src/admin/index.ts'
import type { StreamStatus } from '../../src/status/index.ts'

const RELAY = '12D3KooWRelayRelayRelayRelayRelayRelayRelayRelayRelay'
const ANN = '12D3KooWAnnAnnAnnAnnAnnAnnAnnAnnAnnAnnAnnAnnAnnAnnAnn'
const BOB = '12D3KooWBobBobBobBobBobBobBobBobBobBobBobBobBobBobBob'
const RELAY_ADDRESS = `/dns4/relay.example/tcp/443/wss/p2p/${RELAY}`

const NOW = 1_800_000_000_000

const stream = (more: Partial<StreamStatus>): StreamStatus => ({
  id: '0',
  peer: ANN,
  protocol: '/x/chat-room',
  direction: 'outbound',
  openedMs: NOW - 60_000,
  path: 'webrtc',
  inBytes: 1_234_000,
  outBytes: 5_600,
  queuedBytes: 0,
  ...more,
})

/**
 * A peer with an example of everything: each kind of path, relays in all states, a tab that lends and one
 * that cannot.
 */
export const FULL_REPORT: PeerReport = {
  asking: 'tab 1',
  carried: { received: 12_345_678, sent: 2_345_678 },
  recording: false,
  maySet: true,
  status: {
    atMs: NOW,
    host: {
      kind: 'shared-worker',
      version: '1',
      startedMs: 0,
      updateWaits: false,
      identity: { kind: 'kept' },
    },
    network: { source: 'file', state: 'good', problems: [] },
    transports: [{ name: 'webrtc', able: true }],
    tabs: [
      {
        name: 'tab 1',
        title: 'Your peer',
        path: '/',
        visible: true,
        webrtc: 'lends',
        carries: 1,
        made: 3,
        budget: 400,
      },
      {
        name: 'tab 2',
        title: '<b>Chat</b>',
        path: '/examples/chat.html',
        visible: false,
        webrtc: 'unsupported',
        carries: 0,
        made: 0,
        budget: 400,
      },
    ],
    peer: {
      id: BOB,
      startedMs: 0,
      public: true,
      addresses: [
        { address: `${RELAY_ADDRESS}/p2p-circuit`, from: 'relay', confirmed: true, told: true },
        { address: `${RELAY_ADDRESS}/p2p-circuit/webrtc`, from: 'relay', confirmed: true, told: true },
        { address: '/ip4/10.0.0.7/tcp/4001', from: 'observed', confirmed: false, told: false },
      ],
      relaysWanted: 2,
      relays: [
        {
          relay: RELAY,
          addresses: [RELAY_ADDRESS],
          local: [],
          from: 'network',
          state: { kind: 'held', sinceMs: NOW - 185_000 },
        },
        {
          relay: `${RELAY}Two`,
          addresses: [],
          local: [{ space: 'local', url: 'ws://192.168.1.7:4001' }],
          from: 'network',
          state: { kind: 'waiting', failures: 3, retryMs: NOW + 9_000 },
          lastError: { atMs: NOW, kind: 'unreachable', message: 'nobody listens there' },
        },
        { relay: `${RELAY}Three`, addresses: [], local: [], from: 'routing', state: { kind: 'spare' } },
      ],
      routing: { bootstrap: [], delegated: [] },
      protocols: ['/x/chat-room'],
      connections: [
        {
          id: '1',
          peer: ANN,
          address: `${RELAY_ADDRESS}/p2p-circuit/webrtc/p2p/${ANN}`,
          direction: 'outbound',
          openedMs: NOW - 61_000,
          path: 'webrtc',
          limited: false,
          streams: ['/x/chat-room'],
          inBytes: 1_240_000,
          outBytes: 6_000,
        },
        {
          id: '2',
          peer: BOB.replace('Bob', 'Cyd'),
          address: `${RELAY_ADDRESS}/p2p-circuit/p2p/${BOB}`,
          direction: 'inbound',
          openedMs: NOW - 5_000,
          path: 'relayed',
          relay: RELAY,
          limited: true,
          leftBytes: 100_000,
          streams: [],
          inBytes: 0,
          outBytes: 0,
        },
        {
          id: '3',
          peer: RELAY,
          address: RELAY_ADDRESS,
          direction: 'outbound',
          openedMs: NOW - 186_000,
          path: 'direct',
          limited: false,
          streams: [],
          inBytes: 0,
          outBytes: 0,
        },
      ],
      connectionCount: 3,
      carried: { connections: 3, inBytes: 30_000, outBytes: 40_000 },
      dialCount: 0,
      lasting: {
        streams: 3,
        interrupted: 1,
        unacknowledgedBytes: 300_000,
        resumed: 4,
        moved: 2,
        lost: 0,
        limits: {
          maxUnacknowledgedBytesPerStream: 4_194_304,
          maxUnacknowledgedBytesPerPeer: 16_777_216,
          maxUnacknowledgedBytes: 268_435_456,
          maxInterruptedPerPeer: 256,
          maxResumesPerSecond: 100,
          resumeTimeoutMs: 30_000,
        },
      },
    },
    clients: [
      {
        name: 'tab 2',
        label: 'Chat',
        connectedMs: 0,
        listeners: [
          { protocol: '/x/chat-room', frames: true, open: 2, accepted: 5, inBytes: 1, outBytes: 1 },
        ],
        streams: [
          stream({}),
          stream({ id: '1', path: 'loopback', direction: 'inbound', peer: BOB, inBytes: 9 }),
          stream({
            id: '2',
            path: 'interrupted',
            protocol: '/x/file',
            lasting: { unacknowledgedBytes: 300_000, linkChanges: 2 },
          }),
        ],
        streamCount: 3,
        pendingConnects: 1,
        queuedBytes: 70_000,
        maxQueuedBytes: 4_194_304,
      },
    ],
    refusals: [],
  },
}
