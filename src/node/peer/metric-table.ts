// The file is long because it is one table.

import type {
  CircuitRelayServiceStatus,
  LastingStatus,
  PeerStatus,
  RelayStatus,
  RendezvousServiceStatus,
  TcpServiceStatus,
} from '../../status/index.ts'

/** What the metrics are read from. */
export interface MetricsSource {
  status: RelayStatus
  /** When the certificate of AutoTLS expires, in milliseconds since 1970. Absent without one. */
  certificateEndsMs?: number
}

/** One value of a metric, with its labels. */
export interface Sample {
  value: number
  labels?: Readonly<Record<string, string>>
}

/** A metric of this program. `name` lacks the prefix `libp2p_websocket_`. */
export interface MetricRow {
  name: string
  /** A `counter` only rises while the process runs. */
  type: 'gauge' | 'counter'
  help: string
  labels?: readonly string[]
  /** Returns no sample if what it measures doesn't exist. */
  read: (source: MetricsSource) => readonly Sample[]
}

const MS_PER_SECOND = 1000

const one = (value: number | undefined): Sample[] => (value === undefined ? [] : [{ value }])
const truth = (value: boolean): number => (value ? 1 : 0)
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

/** Reads a value of the peer. No sample while the peer isn't running. */
const ofPeer =
  (read: (peer: PeerStatus) => number) =>
  ({ status: { peer } }: MetricsSource): Sample[] =>
    one(peer === undefined ? undefined : read(peer))

/** Reads a value of the circuit relay. No sample if the peer isn't one. */
const ofService =
  (read: (service: CircuitRelayServiceStatus) => number) =>
  ({ status: { peer } }: MetricsSource): Sample[] =>
    one(peer?.service === undefined ? undefined : read(peer.service))

/** Reads a value of the rendezvous point. No sample if the peer isn't one. */
const ofRendezvous =
  (read: (service: RendezvousServiceStatus) => number) =>
  ({ status: { peer } }: MetricsSource): Sample[] =>
    one(peer?.rendezvousService === undefined ? undefined : read(peer.rendezvousService))

/** Reads a value of the lasting streams. No sample if they are off. */
const ofLasting =
  (read: (lasting: LastingStatus) => number) =>
  ({ status: { peer } }: MetricsSource): Sample[] =>
    one(peer?.lasting === undefined ? undefined : read(peer.lasting))

/** Reads a value of each forward and tunnel. No sample if there are none. */
const ofTcp =
  (read: (service: TcpServiceStatus) => number) =>
  ({ status: { tcp = [] } }: MetricsSource): Sample[] =>
    tcp.map((service) => {
      const { kind, protocol, endpoint } = service
      return { value: read(service), labels: { kind, protocol, endpoint } }
    })

/** The labels of {@link ofTcp}. */
const TCP_LABELS = ['kind', 'protocol', 'endpoint'] as const

/** Counts items by label. Returns a sample for each possible label, even if its count is 0. */
function counted<T extends string>(
  label: string,
  words: readonly T[],
  items: readonly T[] | undefined,
): Sample[] {
  if (items === undefined) return []
  return words.map((word) => ({
    labels: { [label]: word },
    value: items.filter((item) => item === word).length,
  }))
}

/** All metrics of this program. Those of the process come from prom-client. */
export const METRICS: readonly MetricRow[] = [
  {
    name: 'info',
    type: 'gauge',
    help: 'Always 1. The label is the version of the program.',
    labels: ['version'],
    read: ({ status }) => [{ value: 1, labels: { version: status.host.version } }],
  },
  {
    name: 'peer_running',
    type: 'gauge',
    help: 'Whether the libp2p peer is running.',
    read: ({ status }) => [{ value: truth(status.peer !== undefined) }],
  },
  {
    name: 'peer_public',
    type: 'gauge',
    help: 'Whether others can dial the peer.',
    read: ofPeer((peer) => truth(peer.public)),
  },
  {
    name: 'addresses',
    type: 'gauge',
    help: 'Addresses that the peer announces, by their origin.',
    labels: ['from'],
    read: ({ status: { peer } }) =>
      counted(
        'from',
        ['relay', 'listen', 'announce', 'observed', 'port-mapping', 'domain'],
        peer?.addresses.filter(({ told }) => told).map(({ from }) => from),
      ),
  },
  {
    name: 'relays_wanted',
    type: 'gauge',
    help: 'Reservations that the peer wants on other circuit relays.',
    read: ofPeer((peer) => peer.relaysWanted),
  },
  {
    name: 'relays',
    type: 'gauge',
    help: 'Other circuit relays that the peer knows, by the state of its reservation on them.',
    labels: ['state'],
    read: ({ status: { peer } }) =>
      counted(
        'state',
        ['held', 'trying', 'waiting', 'spare'],
        peer?.relays.map(({ state }) => state.kind),
      ),
  },
  {
    name: 'connections',
    type: 'gauge',
    help: 'Open libp2p connections.',
    read: ofPeer((peer) => peer.connectionCount),
  },
  {
    name: 'connections_opened_total',
    type: 'counter',
    help: 'libp2p connections that were opened, by either side.',
    read: ofPeer((peer) => peer.carried.connections),
  },
  {
    name: 'received_bytes_total',
    type: 'counter',
    help: 'Bytes received on the streams of all connections.',
    read: ofPeer((peer) => peer.carried.inBytes),
  },
  {
    name: 'sent_bytes_total',
    type: 'counter',
    help: 'Bytes sent on the streams of all connections.',
    read: ofPeer((peer) => peer.carried.outBytes),
  },
  {
    name: 'dials',
    type: 'gauge',
    help: 'Dials in progress or queued.',
    read: ofPeer((peer) => peer.dialCount),
  },
  {
    name: 'bootstrap_peers',
    type: 'gauge',
    help: 'Bootstrap peers, by whether they are connected.',
    labels: ['connected'],
    read: ({ status: { peer } }) =>
      counted(
        'connected',
        ['true', 'false'],
        peer?.routing.bootstrap.map(({ connected }) => (connected ? 'true' : 'false')),
      ),
  },
  {
    name: 'dht_peers',
    type: 'gauge',
    help: 'Peers in the DHT routing table.',
    read: ({ status }) => one(status.peer?.routing.dht?.peers),
  },
  {
    name: 'clients',
    type: 'gauge',
    help: 'Open control sockets of pages and programs.',
    read: ({ status }) => [{ value: status.clients.length }],
  },
  {
    name: 'clients_held_up',
    type: 'gauge',
    help: 'Clients that are waiting because a queue is full.',
    read: ({ status }) => [{ value: status.clients.filter(({ heldUp }) => heldUp !== undefined).length }],
  },
  {
    name: 'client_listeners',
    type: 'gauge',
    help: 'Protocols that clients listen on.',
    read: ({ status }) => [{ value: sum(status.clients.map(({ listeners }) => listeners.length)) }],
  },
  {
    name: 'client_streams',
    type: 'gauge',
    help: 'Open connections of clients. Each is one stream to a peer.',
    read: ({ status }) => [{ value: sum(status.clients.map(({ streamCount }) => streamCount)) }],
  },
  {
    name: 'client_pending_connects',
    type: 'gauge',
    help: 'Connect requests of clients that have not been answered yet.',
    read: ({ status }) => [{ value: sum(status.clients.map(({ pendingConnects }) => pendingConnects)) }],
  },
  {
    name: 'client_queued_bytes',
    type: 'gauge',
    help: 'Bytes from clients that are queued until peers read them.',
    read: ({ status }) => [{ value: sum(status.clients.map(({ queuedBytes }) => queuedBytes)) }],
  },
  {
    name: 'lasting_streams',
    type: 'gauge',
    help: 'Open streams that outlive their connections.',
    read: ofLasting(({ streams }) => streams),
  },
  {
    name: 'lasting_interrupted',
    type: 'gauge',
    help: 'Lasting streams that have lost their connection and wait for another one.',
    read: ofLasting(({ interrupted }) => interrupted),
  },
  {
    name: 'lasting_interrupted_limit',
    type: 'gauge',
    help: 'Most lasting streams with one peer that may wait for another connection. A further one ends.',
    read: ofLasting(({ limits }) => limits.maxInterruptedPerPeer),
  },
  {
    name: 'lasting_unacknowledged_bytes',
    type: 'gauge',
    help: 'Bytes that lasting streams have sent and that the other sides have not acknowledged.',
    read: ofLasting(({ unacknowledgedBytes }) => unacknowledgedBytes),
  },
  {
    name: 'lasting_unacknowledged_bytes_limit',
    type: 'gauge',
    help: 'Most unacknowledged bytes: of one stream, of the streams with one peer, and of all streams.',
    labels: ['of'],
    read: ({ status: { peer } }) => {
      if (peer?.lasting === undefined) return []
      const { limits } = peer.lasting
      return [
        { value: limits.maxUnacknowledgedBytesPerStream, labels: { of: 'stream' } },
        { value: limits.maxUnacknowledgedBytesPerPeer, labels: { of: 'peer' } },
        { value: limits.maxUnacknowledgedBytes, labels: { of: 'all' } },
      ]
    },
  },
  {
    name: 'lasting_resumes_per_second_limit',
    type: 'gauge',
    help: 'Most attempts per second of one peer to resume its streams. A further one is refused.',
    read: ofLasting(({ limits }) => limits.maxResumesPerSecond),
  },
  {
    name: 'lasting_resume_timeout_seconds',
    type: 'gauge',
    help: 'How long a lasting stream may be interrupted before it ends.',
    read: ofLasting(({ limits }) => limits.resumeTimeoutMs / MS_PER_SECOND),
  },
  {
    name: 'lasting_resumed_total',
    type: 'counter',
    help: 'Interruptions after which a lasting stream went on.',
    read: ofLasting(({ resumed }) => resumed),
  },
  {
    name: 'lasting_moved_total',
    type: 'counter',
    help: 'Moves of lasting streams to another connection without an interruption.',
    read: ofLasting(({ moved }) => moved),
  },
  {
    name: 'lasting_lost_total',
    type: 'counter',
    help: 'Lasting streams that ended while they were interrupted.',
    read: ofLasting(({ lost }) => lost),
  },
  {
    name: 'relay_reservations',
    type: 'gauge',
    help: 'Reservations that other peers have on this circuit relay.',
    read: ofService((service) => service.reservations),
  },
  {
    name: 'relay_reservations_limit',
    type: 'gauge',
    help: 'Most reservations on this circuit relay at once (-relayreservations).',
    read: ofService((service) => service.maxReservations),
  },
  {
    name: 'relay_reservations_refused_total',
    type: 'counter',
    help: 'Requests for a reservation that were refused, because the circuit relay or the share of one address was full.',
    labels: ['reason'],
    read: ({ status: { peer } }) =>
      peer?.service === undefined
        ? []
        : [
            { value: peer.service.refusedFull, labels: { reason: 'full' } },
            { value: peer.service.refusedAddress, labels: { reason: 'address' } },
          ],
  },
  {
    name: 'relay_circuits',
    type: 'gauge',
    help: 'Open circuits through this circuit relay.',
    read: ofService((service) => service.circuits),
  },
  {
    name: 'relay_circuits_limit',
    type: 'gauge',
    help: 'Most circuits through this circuit relay at once (-relaycircuits).',
    read: ofService((service) => service.maxCircuits),
  },
  {
    name: 'relay_circuits_opened_total',
    type: 'counter',
    help: 'Circuits that were opened through this circuit relay.',
    read: ofService((service) => service.openedCircuits),
  },
  {
    name: 'relay_circuits_refused_total',
    type: 'counter',
    help: 'Circuits that were refused because a limit was reached.',
    read: ofService((service) => service.refusedCircuits),
  },
  {
    name: 'relay_circuit_bytes_total',
    type: 'counter',
    help: 'Bytes carried by circuits through this circuit relay, in both directions together.',
    read: ofService((service) => service.carriedBytes),
  },
  {
    name: 'tcp_connections',
    type: 'gauge',
    help: 'Open TCP connections of a forward or a tunnel (-forward, -tunnel).',
    labels: TCP_LABELS,
    read: ofTcp(({ open }) => open),
  },
  {
    name: 'tcp_connections_accepted_total',
    type: 'counter',
    help: 'TCP connections that a forward or a tunnel has joined with a stream.',
    labels: TCP_LABELS,
    read: ofTcp(({ accepted }) => accepted),
  },
  {
    name: 'tcp_connections_failed_total',
    type: 'counter',
    help: 'TCP connections of a forward or a tunnel that were refused, or that did not end in order.',
    labels: TCP_LABELS,
    read: ofTcp(({ failed }) => failed),
  },
  {
    name: 'tcp_received_bytes_total',
    type: 'counter',
    help: 'Bytes that a forward or a tunnel has received from peers.',
    labels: TCP_LABELS,
    read: ofTcp(({ inBytes }) => inBytes),
  },
  {
    name: 'tcp_sent_bytes_total',
    type: 'counter',
    help: 'Bytes that a forward or a tunnel has sent to peers.',
    labels: TCP_LABELS,
    read: ofTcp(({ outBytes }) => outBytes),
  },
  {
    name: 'rendezvous_registrations',
    type: 'gauge',
    help: 'Registrations of peers at this rendezvous point.',
    read: ofRendezvous((service) => service.registrations),
  },
  {
    name: 'rendezvous_registrations_limit',
    type: 'gauge',
    help: 'Most registrations at this rendezvous point at once.',
    read: ofRendezvous((service) => service.maxRegistrations),
  },
  {
    name: 'rendezvous_namespaces',
    type: 'gauge',
    help: 'Namespaces in which peers are registered.',
    read: ofRendezvous((service) => service.namespaces),
  },
  {
    name: 'rendezvous_registered_total',
    type: 'counter',
    help: 'Registrations that were made, without renewals.',
    read: ofRendezvous((service) => service.registered),
  },
  {
    name: 'rendezvous_discovered_total',
    type: 'counter',
    help: 'Requests for registrations that were answered.',
    read: ofRendezvous((service) => service.discovered),
  },
  {
    name: 'rendezvous_refused_total',
    type: 'counter',
    help: 'Requests that were refused: all registrations, or those of the peer or address, were taken, or the peer asked too often, or for something invalid.',
    labels: ['reason'],
    read: ({ status: { peer } }) =>
      Object.entries(peer?.rendezvousService?.refused ?? {}).map(([reason, value]) => ({
        value,
        labels: { reason },
      })),
  },
  {
    name: 'certificate_expiry_timestamp_seconds',
    type: 'gauge',
    help: 'When the certificate of -autotls expires, in seconds since 1970.',
    read: ({ certificateEndsMs }) =>
      one(certificateEndsMs === undefined ? undefined : certificateEndsMs / MS_PER_SECOND),
  },
]
