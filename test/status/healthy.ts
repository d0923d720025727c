import type {
  ClientStatus,
  PeerStatus,
  ReservationFailure,
  RelayStatus,
  ReservationStatus,
} from '../../src/status/index.ts'

/** The time of every snapshot in these tests. */
export const AT_MS = 1_800_000_000_000

/** A circuit relay that holds a reservation for the peer. `n` numbers it. */
export function circuitRelayOf(n: number, more: Partial<ReservationStatus> = {}): ReservationStatus {
  return {
    relay: `12D3KooWRelay${n}`,
    addresses: [`/dns4/relay${n}.example/tcp/443/wss/p2p/12D3KooWRelay${n}`],
    local: [],
    from: 'network',
    state: { kind: 'held', sinceMs: AT_MS - 60_000 },
    ...more,
  }
}

/** A circuit relay that was asked and failed in this way. */
export function failedRelay(
  n: number,
  kind: ReservationFailure['kind'],
  more: Partial<ReservationStatus> = {},
): ReservationStatus {
  return circuitRelayOf(n, {
    state: { kind: 'waiting', failures: 2, retryMs: AT_MS + 5_000 },
    lastError: { atMs: AT_MS - 1_000, kind, message: `it is ${kind}` },
    ...more,
  })
}

/** The peer of {@link healthyBrowser}. */
export function healthyPeer(more: Partial<PeerStatus> = {}): PeerStatus {
  return {
    id: '12D3KooWMe',
    startedMs: AT_MS - 100_000,
    public: true,
    addresses: [
      {
        address: '/dns4/relay1.example/tcp/443/wss/p2p/12D3KooWRelay1/p2p-circuit',
        from: 'relay',
        confirmed: true,
        told: true,
      },
    ],
    relaysWanted: 2,
    relays: [circuitRelayOf(1), circuitRelayOf(2)],
    routing: {
      bootstrap: [
        { address: '/dns4/a.example/tcp/443/wss/p2p/12D3KooWA', connected: true, connectedMs: AT_MS - 9_000 },
      ],
      dht: { mode: 'client', peers: 12 },
      delegated: [{ url: 'https://routing.example/', answered: 3, failed: 0 }],
    },
    protocols: [],
    connections: [],
    connectionCount: 2,
    carried: { connections: 3, inBytes: 30_000, outBytes: 40_000 },
    dialCount: 0,
    ...more,
  }
}

/** A peer in a browser, with no findings. */
export function healthyBrowser(more: Partial<RelayStatus> = {}): RelayStatus {
  return {
    atMs: AT_MS,
    host: {
      kind: 'shared-worker',
      version: '1',
      startedMs: AT_MS - 110_000,
      online: true,
      updateWaits: false,
      identity: { kind: 'kept' },
    },
    network: { source: 'file', state: 'good', problems: [] },
    transports: [
      { name: 'websocket', able: true },
      { name: 'webrtc', able: true },
      { name: 'webrtc-direct', able: true },
      { name: 'circuit', able: true },
    ],
    tabs: [
      {
        name: 'tab 1',
        title: 'Chat',
        path: '/chat.html',
        visible: true,
        webrtc: 'lends',
        carries: 0,
        made: 0,
        budget: 400,
      },
    ],
    peer: healthyPeer(),
    clients: [],
    refusals: [],
    ...more,
  }
}

/** A peer of the Node build, reachable from outside, with no findings. */
export function healthyProgram(more: Partial<RelayStatus> = {}, peer: Partial<PeerStatus> = {}): RelayStatus {
  const { tabs: _, ...rest } = healthyBrowser()
  return {
    ...rest,
    host: {
      kind: 'program',
      version: '1',
      startedMs: AT_MS - 110_000,
      updateWaits: false,
      identity: { kind: 'kept' },
    },
    network: { source: 'flags', state: 'good', problems: [] },
    peer: healthyPeer({
      addresses: [
        { address: '/ip4/198.51.100.7/tcp/4001', from: 'port-mapping', confirmed: true, told: true },
      ],
      relays: [],
      ...peer,
    }),
    ...more,
  }
}

/** A client with one stream. */
export function clientOf(n: number, more: Partial<ClientStatus> = {}): ClientStatus {
  return {
    name: `tab ${n}`,
    label: `Page ${n}`,
    connectedMs: AT_MS - 50_000,
    listeners: [],
    streams: [
      {
        id: '0',
        peer: '12D3KooWAnn',
        protocol: '/x/y',
        direction: 'outbound',
        openedMs: AT_MS - 40_000,
        path: 'webrtc',
        connection: 'c1',
        inBytes: 1,
        outBytes: 1,
        queuedBytes: 2_000_000,
      },
    ],
    streamCount: 1,
    pendingConnects: 0,
    queuedBytes: 2_000_000,
    maxQueuedBytes: 4_194_304,
    ...more,
  }
}
