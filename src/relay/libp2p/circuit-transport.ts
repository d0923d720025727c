import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import type { Connection, PeerData, PeerId, PeerStore } from '@libp2p/interface'
import { isPeerId } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { hasOwnTransport } from '../addresses/address-kind.ts'
import type { TransportFactory } from './transport-factory.ts'

type ConnectionManager = Parameters<TransportFactory>[0]['connectionManager']

/** Milliseconds that a relay's connection is marked to be kept, whatever the relay says: until it is renewed, and long after. */
const MIN_KEPT_MS = 600_000
const MAX_KEPT_MS = 86_400_000
/** Addresses of one relay that are used: the one that this peer has dialled, and a few that the relay has named. */
const MAX_ADDRESSES_PER_RELAY = 4
const MAX_ADDRESS_BYTES = 256

/**
 * js-libp2p's transport for circuits, on which a relay may say what it likes of the end of a reservation.
 *
 * js-libp2p marks the relay's connection for as long as the reservation has left by this machine's clock. Where that clock is
 * ahead of the relay's it has nothing left, the mark is none, and the reservation, which the relay holds, is dropped.
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
    // Before any listener hears of it, and announces what the relay has named.
    storeOf(transport).addEventListener('relay:created-reservation', ({ detail }) => {
      const { connection: id, reservation } = detail.details
      const isDialled = connectionManager
        .getConnections(detail.relay)
        .some((one) => one.id === id && one.direction === 'outbound')
      reservation.addrs = shareOf(reservation.addrs, isDialled)
    })
    return transport
  }
}

/**
 * The addresses of a relay that are used, of those that it has named behind the one of this peer's connection to it. That one is proven if
 * it was dialled, and else leads to a port that nobody listens on.
 */
function shareOf(addresses: Uint8Array[], isDialled: boolean): Uint8Array[] {
  const named = isDialled ? addresses : addresses.slice(1)
  return named
    .filter((bytes) => bytes.byteLength <= MAX_ADDRESS_BYTES && hasOwnTransport(multiaddr(bytes)))
    .slice(0, MAX_ADDRESSES_PER_RELAY)
}

/** What js-libp2p's transport for circuits tells of a reservation that it has made or renewed; the addresses may be changed. */
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
 * A circuit is begun, and a reservation made, on the first connection to the relay. That must not be a circuit itself or a WebRTC
 * connection, and an old one may be dead.
 */
function withBestFirst(connectionManager: ConnectionManager): ConnectionManager {
  const getConnections: ConnectionManager['getConnections'] = (peer) => {
    const all = connectionManager.getConnections(peer)
    if (peer === undefined) return all
    return all.filter(isToRelay).toSorted((one, other) => other.timeline.open - one.timeline.open)
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

function isToRelay({ limits, status, remoteAddr }: Connection): boolean {
  return limits === undefined && status === 'open' && hasOwnTransport(remoteAddr)
}

function withBoundedTags(peerStore: PeerStore): PeerStore {
  const merge: PeerStore['merge'] = (peer, data, options) =>
    peerStore.merge(peer, withBoundedTtl(data), options)
  return withMethod(peerStore, 'merge', merge)
}

/** The same object, with another method in the place of one. */
function withMethod<T extends object, K extends keyof T>(object: T, name: K, method: T[K]): T {
  return new Proxy(object, {
    get(target, asked) {
      if (asked === name) return method
      const member: unknown = Reflect.get(target, asked)
      // Its methods use private members, which a proxy has none of.
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  })
}

function withBoundedTtl(data: PeerData): PeerData {
  if (data.tags === undefined || data.tags instanceof Map) return data
  const tags = Object.entries(data.tags).map(([name, tag]) => {
    if (tag?.ttl === undefined) return [name, tag] as const
    return [name, { ...tag, ttl: Math.round(Math.min(MAX_KEPT_MS, Math.max(MIN_KEPT_MS, tag.ttl))) }] as const
  })
  return { ...data, tags: Object.fromEntries(tags) }
}
