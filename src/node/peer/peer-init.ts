import { autoNAT } from '@libp2p/autonat'
import { dcutr } from '@libp2p/dcutr'
import { tls } from '@libp2p/tls'
import { uPnPNAT } from '@libp2p/upnp-nat'
import { isLoopback } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { WebRTCDirect } from '@multiformats/multiaddr-matcher'
import type { PeerInit } from '../../relay/index.ts'
import { EMPTY_NETWORK, routingServices, webSocketTransport } from '../../relay/index.ts'
import { announceWithTls } from './announce.ts'
import { announcedLimit } from './libp2p/announced-limit.ts'
import type { AutoTls } from './auto-tls.ts'
import { CircuitRelay } from './circuit-relay.ts'
import type { NodeRelayInit } from './node-relay-init.ts'
import { PeerStoreUpkeep } from './peer-store-upkeep.ts'
import type { CircuitRelayLimits } from './circuit-relay-limits.ts'
import { DEFAULT_CIRCUIT_RELAY_LIMITS } from './circuit-relay-limits.ts'
import { DEFAULT_RENDEZVOUS_LIMITS } from './rendezvous-limits.ts'
import { RendezvousServer } from './rendezvous-server.ts'
import { endSilentSockets } from './libp2p/silent-sockets.ts'
import { corkTcp } from './libp2p/cork-tcp.ts'
import { tcpTransport } from './tcp.ts'
import type { WebRtc } from './webrtc.ts'

/** Where the peer listens without `-listen`: on every interface, on free ports. */
export const DEFAULT_LISTEN: readonly string[] = [
  '/ip4/0.0.0.0/tcp/0',
  '/ip4/0.0.0.0/tcp/0/ws',
  '/ip4/0.0.0.0/udp/0/webrtc-direct',
]

/** Most connections of a peer that isn't a circuit relay. */
const MAX_CONNECTIONS = 2048
/**
 * Most inbound connections in their handshake at once, for a circuit relay. After an outage, everyone who had
 * a reservation returns at the same time; js-libp2p's default of ten would reject most of them again and
 * again.
 */
const MAX_PENDING_INBOUND = 256
/**
 * Most connections per second from one address, for a peer behind a proxy, where all clients share the
 * proxy's address.
 */
const MAX_PROXIED_PER_SECOND = 1000
/** Most dials at once. A process has sockets to spare, and a DHT server dials many peers that are gone. */
const MAX_PARALLEL_DIALS = 64

/** Services of the running peer that the host queries itself. They are set when the peer starts with them. */
export interface HostParts {
  circuitRelay?: CircuitRelay
  rendezvous?: RendezvousServer
  autoTls?: AutoTls
}

/** The parts of the network configuration that the peer and the pages share. */
export interface SharedNetwork {
  bootstrapPeers: string[]
  iceServers: RTCIceServer[]
}

/**
 * Returns the libp2p settings of a peer in a Node process. Each time such a peer starts, `parts` gets its
 * services.
 */
export async function peerInit(
  init: NodeRelayInit,
  webRtc: WebRtc,
  parts: HostParts,
  { bootstrapPeers, iceServers }: SharedNetwork,
): Promise<Omit<PeerInit, 'privateKey' | 'queueTask'>> {
  const defaults = DEFAULT_LISTEN.filter((text) => webRtc.able || !WebRTCDirect.matches(multiaddr(text)))
  const listen = init.listen.length > 0 ? [...init.listen] : defaults
  const services: NonNullable<PeerInit['services']> = {
    ...(await routingServices({ ...EMPTY_NETWORK, bootstrap: bootstrapPeers }, 'where-reachable')),
    autoNAT: autoNAT(),
    dcutr: dcutr(),
    corkedTcp: ({ events }) => corkTcp(events),
    peerStoreUpkeep: (components) => new PeerStoreUpkeep(components),
  }
  // A peer that listens on loopback addresses only needs no open port on the router.
  if (listen.some((address) => !isLoopback(multiaddr(address)))) services['upnp'] = uPnPNAT()
  const limits: CircuitRelayLimits = { ...DEFAULT_CIRCUIT_RELAY_LIMITS, ...init.circuitRelayLimits }
  if (init.circuitRelay) {
    services['circuitRelay'] = (components) =>
      (parts.circuitRelay = new CircuitRelay(
        components,
        limits,
        announcedLimit(init.circuitRelayLimits ?? {}),
      ))
    // Behind a proxy, all peers have its address.
    const perAddress = limits.reservationsPerAddress === 0 ? { perAddress: 0 } : {}
    services['rendezvous'] = (components) =>
      (parts.rendezvous = new RendezvousServer(components, {
        ...DEFAULT_RENDEZVOUS_LIMITS,
        ...perAddress,
        ...init.rendezvousLimits,
      }))
  }
  if (init.autoTls !== undefined) {
    // A large module, loaded only if it is used.
    const { AutoTls } = await import('./auto-tls.ts')
    const { autoTls, warn } = init
    services['autoTLS'] = (components) => (parts.autoTls = new AutoTls(components, { ...autoTls, warn }))
  }
  return {
    transports: [
      tcpTransport(),
      endSilentSockets(webSocketTransport()),
      ...(webRtc.able ? webRtc.transports({ iceServers }) : []),
    ],
    // Some peers of other implementations support no encryption but TLS.
    encrypters: [tls()],
    listen,
    ...announcement(init),
    services,
    // A circuit relay has connections from peers with a reservation, and from peers that dial these.
    maxConnections: init.circuitRelay ? Math.max(MAX_CONNECTIONS, 2 * limits.reservations) : MAX_CONNECTIONS,
    ...(init.circuitRelay ? { maxPendingInbound: MAX_PENDING_INBOUND } : {}),
    ...(init.circuitRelay && limits.reservationsPerAddress === 0
      ? { maxInboundPerSecond: MAX_PROXIED_PER_SECOND }
      : {}),
    maxParallelDials: MAX_PARALLEL_DIALS,
  }
}

/** The addresses to announce instead of the listening addresses, if any. */
function announcement({
  announce = [],
  autoTls,
}: NodeRelayInit): Pick<PeerInit, 'announce' | 'appendAnnounce' | 'announceFilter'> {
  if (announce.length === 0 || autoTls === undefined) return { announce: [...announce] }
  const { append, filter } = announceWithTls(announce)
  return { appendAnnounce: append, announceFilter: filter }
}
