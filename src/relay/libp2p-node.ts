import './libp2p/steady-averages.ts'
import './libp2p/record-sequence.ts'
import { identify, identifyPush } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { ping } from '@libp2p/ping'
import { createLibp2p } from 'libp2p'
import { announcedAddresses } from './addresses/announced-addresses.ts'
import { CircuitProbe } from './libp2p/circuit-probe.ts'
import { ProvenCircuitRelays } from './libp2p/circuit-reservations.ts'
import { circuitTransport } from './libp2p/circuit-transport.ts'
import { ConnectionTraffic } from './libp2p/connection-traffic.ts'
import { limitEarlyStreams } from './libp2p/early-streams.ts'
import { boundedNoise } from './libp2p/noise.ts'
import { PendingHandshakes } from './libp2p/pending-handshakes.ts'
import { dropAbandonedConnections } from './libp2p/abandoned-signaling.ts'
import { signalOverCircuits } from './libp2p/signaling-circuits.ts'
import type { TransportFactory } from './libp2p/transport-factory.ts'
import { boundedYamux } from './libp2p/yamux.ts'
import type { CoreServices, PeerInit } from './peer-init.ts'

/** Bytes that a sender may send on a yamux stream whose reader is paused. */
export const MAX_STREAM_WINDOW_BYTES = 2_097_152
/** Bytes that a paused stream can hold: more than its whole window, or it would be reset and lose data. */
export const MAX_READ_BUFFER_BYTES = 2 * MAX_STREAM_WINDOW_BYTES
/**
 * Milliseconds to dial one address. Long enough for a circuit, short enough that silent ones don't block
 * others.
 */
const ADDRESS_DIAL_TIMEOUT_MS = 6_000
const DIAL_TIMEOUT_MS = 30_000
/**
 * Dials that may run at the same time, unless the host sets another number. All addresses from a DHT may be
 * dead, and browsers limit pending connections: including those that are being closed, there are at most 20.
 */
const DEFAULT_MAX_PARALLEL_DIALS = 16
/** Dials that may wait for their turn, enough for the Connects of two clients. A further one fails. */
const MAX_WAITING_DIALS = 2048
/** Addresses to try for one peer, if no client has named its addresses. */
const MAX_ADDRESSES_PER_PEER = 10
/** Inbound handshakes at the same time. A silent one ends after five seconds: see PendingHandshakes. */
const DEFAULT_MAX_PENDING_INBOUND = 64
/**
 * New connections per second from one host. A household, a school or a test with many browsers shares one
 * address.
 */
const DEFAULT_MAX_INBOUND_PER_SECOND = 50
/**
 * Concurrent pings on one connection, in each direction. js-libp2p's defaults are one and two. If a ping
 * exceeds them, the connection monitor of another js-libp2p peer considers the connection dead.
 */
const MAX_PINGS = 32
/** Reservations to request at the same time. */
export const MAX_RESERVATION_ATTEMPTS = 8
/** Milliseconds for a circuit relay to answer a reservation request. */
const RESERVATION_TIMEOUT_MS = 5_000

/** The parts of a peer that js-libp2p passes only to its services. */
export type Libp2pComponents = Parameters<TransportFactory>[0]

/** A started js-libp2p node, with those of its parts that the relay needs. */
export interface Libp2pNode {
  libp2p: Libp2p<CoreServices>
  components: Libp2pComponents
  traffic: ConnectionTraffic
  probe: CircuitProbe
  proved: ProvenCircuitRelays
  /** Dials that may run at the same time. */
  maxParallelDials: number
}

/**
 * Starts js-libp2p with the transports of the host and the relay. Rejects if it can't listen on an address of
 * the init.
 */
export async function startLibp2pNode(init: PeerInit): Promise<Libp2pNode> {
  const { maxParallelDials = DEFAULT_MAX_PARALLEL_DIALS } = init
  let components: Libp2pComponents | undefined
  let traffic: ConnectionTraffic | undefined
  const probe = new CircuitProbe(() => components?.peerId)
  const proved = new ProvenCircuitRelays()
  const maxPendingInbound = init.maxPendingInbound ?? DEFAULT_MAX_PENDING_INBOUND
  const handshakes = new PendingHandshakes(maxPendingInbound)
  const libp2p = await createLibp2p<CoreServices>({
    privateKey: init.privateKey,
    addresses: {
      listen: init.listen,
      announce: init.announce ?? [],
      appendAnnounce: init.appendAnnounce ?? [],
      announceFilter: (addresses) => {
        const proven = addresses.filter((address) => proved.covers(address))
        return announcedAddresses(init.announceFilter?.(proven) ?? proven)
      },
    },
    transports: [
      circuitTransport({
        // js-libp2p silently drops queued requests when another reservation succeeds, so nothing may be
        // queued.
        reservationConcurrency: MAX_RESERVATION_ATTEMPTS,
        reservationCompletionTimeout: RESERVATION_TIMEOUT_MS,
      }),
      ...init.transports.map((factory) => signalOverCircuits(dropAbandonedConnections(factory))),
    ],
    connectionEncrypters: [boundedNoise(), ...(init.encrypters ?? [])],
    streamMuxers: [
      boundedYamux(
        {
          streamOptions: {
            maxStreamWindowSize: MAX_STREAM_WINDOW_BYTES,
            maxReadBufferLength: MAX_READ_BUFFER_BYTES,
          },
        },
        init.queueTask,
      ),
    ],
    connectionGater: handshakes.gate(probe.gate(init.gater ?? { denyDialMultiaddr: () => false })),
    connectionManager: {
      maxConnections: init.maxConnections ?? 300,
      dialTimeout: DIAL_TIMEOUT_MS,
      addressDialTimeout: ADDRESS_DIAL_TIMEOUT_MS,
      maxParallelDials,
      maxDialQueueLength: MAX_WAITING_DIALS,
      maxPeerAddrsToDial: MAX_ADDRESSES_PER_PEER,
      // Higher than our own bound, because js-libp2p counts a closed handshake for a little longer.
      maxIncomingPendingConnections: 2 * maxPendingInbound,
      inboundConnectionThreshold: init.maxInboundPerSecond ?? DEFAULT_MAX_INBOUND_PER_SECOND,
    },
    // Replaced by ConnectionMonitor, which waits longer on slow connections.
    connectionMonitor: { enabled: false },
    ...(init.logger === undefined ? {} : { logger: init.logger }),
    services: {
      ...init.services,
      identify: identify(),
      identifyPush: identifyPush(),
      ping: ping({ maxInboundStreams: MAX_PINGS, maxOutboundStreams: MAX_PINGS }),
      components: (given: Libp2pComponents) => {
        components = given
        // This runs before the peer listens, so no connection is missed.
        traffic = new ConnectionTraffic(given.events)
        limitEarlyStreams(given.events)
        return {}
      },
    },
  })
  if (components === undefined || traffic === undefined)
    throw new Error('js-libp2p did not create its services')
  return { libp2p, components, traffic, probe, proved, maxParallelDials }
}
