import type { PeerStatus, RelayServiceStatus, RelayStatus } from '../../status/index.ts'

/** What `/metrics` is made of. */
export interface MetricsSource {
  status: RelayStatus
  /** When the certificate of AutoTLS ends; absent without one. */
  certificateEndsMs?: number
}

/** One value of a metric, with those of its labels. */
export interface Sample {
  value: number
  labels?: Readonly<Record<string, string>>
}

/** A metric of this program, as the table lists it. `name` is without its prefix, `libp2p_websocket_`. */
export interface MetricRow {
  name: string
  /** `counter`: it only rises while the process runs. */
  type: 'gauge' | 'counter'
  help: string
  labels?: readonly string[]
  /** No sample where the thing is not there. */
  read: (source: MetricsSource) => readonly Sample[]
}

const MS_PER_SECOND = 1000

const one = (value: number | undefined): Sample[] => (value === undefined ? [] : [{ value }])
const truth = (value: boolean): number => (value ? 1 : 0)
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

/** Of the peer, nothing while it does not run. */
const ofPeer =
  (read: (peer: PeerStatus) => number) =>
  ({ status: { peer } }: MetricsSource): Sample[] =>
    one(peer === undefined ? undefined : read(peer))

/** Of the circuit relay, nothing where the peer is none. */
const ofService =
  (read: (service: RelayServiceStatus) => number) =>
  ({ status: { peer } }: MetricsSource): Sample[] =>
    one(peer?.service === undefined ? undefined : read(peer.service))

/** One sample for each of the words that a label may have, also where nothing has it. */
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

/** Every metric of this program; those of the process come from prom-client. */
export const METRICS: readonly MetricRow[] = [
  {
    name: 'info',
    type: 'gauge',
    help: 'Always 1; the label says which version runs.',
    labels: ['version'],
    read: ({ status }) => [{ value: 1, labels: { version: status.host.version } }],
  },
  {
    name: 'peer_running',
    type: 'gauge',
    help: 'Whether the libp2p peer runs.',
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
    help: 'Addresses of the peer that others are told, by where they are from.',
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
    help: 'Reservations that the peer wants to hold on other relays.',
    read: ofPeer((peer) => peer.relaysWanted),
  },
  {
    name: 'relays',
    type: 'gauge',
    help: 'Other relays that the peer knows, by how it stands with them.',
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
    help: 'Connections that stand.',
    read: ofPeer((peer) => peer.connectionCount),
  },
  {
    name: 'connections_opened_total',
    type: 'counter',
    help: 'Connections that were opened, by either side.',
    read: ofPeer((peer) => peer.carried.connections),
  },
  {
    name: 'received_bytes_total',
    type: 'counter',
    help: 'Bytes that the streams of all connections brought.',
    read: ofPeer((peer) => peer.carried.inBytes),
  },
  {
    name: 'sent_bytes_total',
    type: 'counter',
    help: 'Bytes that the streams of all connections took.',
    read: ofPeer((peer) => peer.carried.outBytes),
  },
  {
    name: 'dials',
    type: 'gauge',
    help: 'Dials that are under way or wait for their turn.',
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
    help: 'Peers in the routing table of the DHT.',
    read: ({ status }) => one(status.peer?.routing.dht?.peers),
  },
  {
    name: 'clients',
    type: 'gauge',
    help: 'Control sockets of pages and programs.',
    read: ({ status }) => [{ value: status.clients.length }],
  },
  {
    name: 'clients_held_up',
    type: 'gauge',
    help: 'Clients that are made to wait.',
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
    help: 'Connections of clients, each one stream to a peer.',
    read: ({ status }) => [{ value: sum(status.clients.map(({ streamCount }) => streamCount)) }],
  },
  {
    name: 'client_pending_connects',
    type: 'gauge',
    help: 'Connects of clients that are not answered yet.',
    read: ({ status }) => [{ value: sum(status.clients.map(({ pendingConnects }) => pendingConnects)) }],
  },
  {
    name: 'client_queued_bytes',
    type: 'gauge',
    help: 'Bytes of clients that wait for peers to take them.',
    read: ({ status }) => [{ value: sum(status.clients.map(({ queuedBytes }) => queuedBytes)) }],
  },
  {
    name: 'relay_reservations',
    type: 'gauge',
    help: 'Reservations that others hold on this relay.',
    read: ofService((service) => service.reservations),
  },
  {
    name: 'relay_reservations_limit',
    type: 'gauge',
    help: 'Reservations that this relay gives at most (-relayreservations).',
    read: ofService((service) => service.maxReservations),
  },
  {
    name: 'relay_reservations_refused_total',
    type: 'counter',
    help: 'Requests for a reservation that were refused: the relay is full, or the address has its share.',
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
    help: 'Circuits that stand through this relay.',
    read: ofService((service) => service.circuits),
  },
  {
    name: 'relay_circuits_limit',
    type: 'gauge',
    help: 'Circuits that this relay lets stand at most (-relaycircuits).',
    read: ofService((service) => service.maxCircuits),
  },
  {
    name: 'relay_circuits_opened_total',
    type: 'counter',
    help: 'Circuits that were opened through this relay.',
    read: ofService((service) => service.openedCircuits),
  },
  {
    name: 'relay_circuits_refused_total',
    type: 'counter',
    help: 'Circuits that were refused because too many stood.',
    read: ofService((service) => service.refusedCircuits),
  },
  {
    name: 'relay_circuit_bytes_total',
    type: 'counter',
    help: 'Bytes that circuits through this relay carried, in both directions together.',
    read: ofService((service) => service.carriedBytes),
  },
  {
    name: 'certificate_expiry_timestamp_seconds',
    type: 'gauge',
    help: 'When the certificate of -autotls ends, in seconds since 1970.',
    read: ({ certificateEndsMs }) =>
      one(certificateEndsMs === undefined ? undefined : certificateEndsMs / MS_PER_SECOND),
  },
]
