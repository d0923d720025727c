import type { RelayStatus as CoreStatus } from '../relay/index.ts'
import type { ReservationStatus, RelayStatus, TabStatus } from '../status/index.ts'

/** What the core's own status says, as the snapshot has it; what the core does not know is left out, or nought. */
export function knownStatus(
  { peer, clients }: CoreStatus,
  host: RelayStatus['host'],
  tabs: TabStatus[] | undefined,
): RelayStatus {
  return {
    atMs: Date.now(),
    host,
    network: { source: host.kind === 'program' ? 'flags' : 'file', state: 'good', problems: [] },
    transports: [],
    ...(tabs === undefined ? {} : { tabs }),
    ...(peer === undefined
      ? {}
      : {
          peer: {
            id: peer.id,
            startedMs: host.startedMs,
            public: peer.public,
            addresses: peer.addresses.map((address) => ({
              address,
              from: address.includes('/p2p-circuit') ? ('relay' as const) : ('listen' as const),
              confirmed: false,
              told: true,
            })),
            relaysWanted: peer.relaysWanted,
            relays: peer.relays.flatMap(reservation),
            routing: { bootstrap: [], delegated: [] },
            protocols: peer.protocols,
            connections: peer.connections.map((connection) => ({
              ...connection,
              id: `${connection.peer} ${connection.openedMs}`,
              ...wayOf(connection.address),
              inBytes: 0,
              outBytes: 0,
            })),
            connectionCount: peer.connections.length,
            dialCount: 0,
          },
        }),
    clients: clients.map(({ name, listeners, connections, queuedBytes }) => ({
      name,
      label: name,
      connectedMs: host.startedMs,
      listeners: listeners.map((protocol) => ({
        protocol,
        frames: true,
        open: 0,
        accepted: 0,
        inBytes: 0,
        outBytes: 0,
      })),
      streams: [],
      streamCount: connections,
      pendingConnects: 0,
      queuedBytes,
      maxQueuedBytes: 0,
    })),
    refusals: [],
  }
}

/** The snapshot's words for where a relay is known from. */
const FROM = { named: 'network', kept: 'record', connected: 'connected', found: 'routing' } as const

function reservation({
  relay,
  source,
  addresses,
  state,
}: NonNullable<CoreStatus['peer']>['relays'][number]): ReservationStatus[] {
  const about = { relay, addresses, local: false, from: FROM[source] }
  switch (state.kind) {
    case 'held':
      return [{ ...about, state }]
    case 'trying':
      return [{ ...about, state: { kind: 'trying', sinceMs: Date.now() } }]
    case 'waiting': {
      const { failures, lastError } = state
      const waiting = { kind: 'waiting' as const, failures, retryMs: Date.now() }
      return [
        {
          ...about,
          state: waiting,
          lastError: { atMs: Date.now(), kind: 'unreachable', message: lastError },
        },
      ]
    }
    case 'idle':
      return [{ ...about, state: { kind: 'spare' } }]
    default:
      return state satisfies never
  }
}

function wayOf(address: string): { path: 'direct' | 'webrtc' | 'relayed'; relay?: string } {
  const parts = address.split('/')
  if (parts.includes('webrtc')) return { path: 'webrtc' }
  const circuit = parts.indexOf('p2p-circuit')
  if (circuit < 0) return { path: 'direct' }
  const relay = parts[parts.lastIndexOf('p2p', circuit) + 1]
  return { path: 'relayed', ...(relay === undefined ? {} : { relay }) }
}
