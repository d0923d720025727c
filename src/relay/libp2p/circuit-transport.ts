import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import type { Connection, PeerData, PeerId, PeerStore } from '@libp2p/interface'
import { isPeerId } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { hasOwnTransport } from '../addresses/address-kind.ts'
import type { TransportFactory } from './transport-factory.ts'
import { withMethod } from './with-method.ts'

type ConnectionManager = Parameters<TransportFactory>[0]['connectionManager']

/**
 * Bounds, in milliseconds, for how long a circuit relay's connection is kept. A renewal comes long before the
 * lower one.
 */
const MIN_KEPT_MS = 600_000
const MAX_KEPT_MS = 86_400_000
/**
 * Addresses of one circuit relay that are announced: the one that this peer has dialled, and a few that it
 * has named.
 */
const MAX_ADDRESSES_PER_RELAY = 4
const MAX_ADDRESS_BYTES = 256

/**
 * Returns js-libp2p's circuit transport, made safe against circuit relays that lie or whose clock is wrong.
 *
 * js-libp2p tags the circuit relay's connection, so that it is kept, for as long as the reservation has left
 * by this machine's clock. If that clock is ahead, nothing is left, the tag is invalid, and js-libp2p drops
 * the reservation.
 */
export function circuitTransport(init: Parameters<typeof circuitRelayTransport>[0]): TransportFactory {
  const make = circuitRelayTransport(init)
  return (components) => {
    const { peerStore, connectionManager } = components
    const transport = make(
      Object.create(components, {
        peerStore: { value: withBoundedTags(peerStore) },
        connectionManager: { value: withBestFirst(connectionManager) },
      }) as typeof components,
    )
    // This runs before js-libp2p's listeners, which announce the addresses.
    storeOf(transport).addEventListener('relay:created-reservation', ({ detail }) => {
      const { connection: id, reservation } = detail.details
      const isDialled = connectionManager
        .getConnections(detail.relay)
        .some((one) => one.id === id && one.direction === 'outbound')
      reservation.addrs = addressesToAnnounce(reservation.addrs, isDialled)
    })
    return transport
  }
}

/**
 * Returns the addresses to announce. The first of `addresses` is that of the connection; the circuit relay
 * named the others. If the circuit relay has dialled this peer, nobody listens on the first one.
 */
function addressesToAnnounce(addresses: Uint8Array[], isDialled: boolean): Uint8Array[] {
  const named = isDialled ? addresses : addresses.slice(1)
  return named
    .filter((bytes) => bytes.byteLength <= MAX_ADDRESS_BYTES && hasOwnTransport(multiaddr(bytes)))
    .slice(0, MAX_ADDRESSES_PER_RELAY)
}

/**
 * The event of js-libp2p's reservation store after a reservation was made or renewed. Its addresses may be
 * changed.
 */
interface ReservationEvents {
  addEventListener(
    type: 'relay:created-reservation',
    listener: (
      event: CustomEvent<{
        relay: PeerId
        details: { connection: string; reservation: { addrs: Uint8Array[] } }
      }>,
    ) => void,
  ): void
}

function storeOf(transport: object): ReservationEvents {
  if (!('reservationStore' in transport))
    throw new Error('@libp2p/circuit-relay-v2 has changed: its transport has no reservationStore')
  return transport.reservationStore as ReservationEvents
}

/**
 * Makes the transport use the newest suitable connection to a circuit relay. js-libp2p uses the first one,
 * which may be dead, a circuit or a WebRTC connection.
 */
function withBestFirst(connectionManager: ConnectionManager): ConnectionManager {
  const getConnections: ConnectionManager['getConnections'] = (peer) => {
    const all = connectionManager.getConnections(peer)
    if (peer === undefined) return all
    return all.filter(canHoldReservation).toSorted((one, other) => other.timeline.open - one.timeline.open)
  }
  const openConnection: ConnectionManager['openConnection'] = async (target, options) => {
    const [best] = isPeerId(target) ? getConnections(target) : []
    return best ?? (await connectionManager.openConnection(target, options))
  }
  return withMethod(
    withMethod(connectionManager, 'getConnections', getConnections),
    'openConnection',
    openConnection,
  )
}

function canHoldReservation({ limits, status, remoteAddr }: Connection): boolean {
  return limits === undefined && status === 'open' && hasOwnTransport(remoteAddr)
}

function withBoundedTags(peerStore: PeerStore): PeerStore {
  const merge: PeerStore['merge'] = (peer, data, options) =>
    peerStore.merge(peer, withBoundedTtl(data), options)
  return withMethod(peerStore, 'merge', merge)
}

function withBoundedTtl(data: PeerData): PeerData {
  if (data.tags === undefined || data.tags instanceof Map) return data
  const tags = Object.entries(data.tags).map(([name, tag]) => {
    if (tag?.ttl === undefined) return [name, tag] as const
    return [name, { ...tag, ttl: Math.round(Math.min(MAX_KEPT_MS, Math.max(MIN_KEPT_MS, tag.ttl))) }] as const
  })
  return { ...data, tags: Object.fromEntries(tags) }
}
