import type { Identify } from '@libp2p/identify'
import type { ComponentLogger, ConnectionGater, PrivateKey, ServiceMap } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import type { Ping } from '@libp2p/ping'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Libp2pOptions } from 'libp2p'
import type { OwnRendezvousPoint } from './rendezvous/rendezvous-point.ts'
import type { TransportFactory } from './libp2p/transport-factory.ts'

/** The js-libp2p services of every peer, and those that only some have. */
export interface CoreServices extends ServiceMap {
  identify: Identify
  ping: Ping
  dht?: KadDHT
  rendezvous?: OwnRendezvousPoint
}

/** A factory as js-libp2p's services export it. */
export type ServiceFactory = NonNullable<Libp2pOptions<CoreServices>['services']>[string]

/** The host's part of a peer. The relay adds circuits, Noise, yamux, identify and ping. */
export interface PeerInit {
  privateKey: PrivateKey
  /** As in `RelayComponents`. */
  queueTask: (task: () => void) => void
  transports: TransportFactory[]
  /** Encryption to offer in addition to Noise, which is offered first. Default none. */
  encrypters?: NonNullable<Libp2pOptions['connectionEncrypters']>
  /** Multiaddrs to listen on. The peer doesn't start if it can't listen on one of them. */
  listen: string[]
  /** Multiaddrs to announce instead of those that the peer listens on. */
  announce?: string[]
  /** Multiaddrs to announce in addition to those that the peer listens on. */
  appendAnnounce?: string[]
  /** Picks the addresses to announce. They end in the peer's own `/p2p/…`. Default all. */
  announceFilter?: (addresses: Multiaddr[]) => Multiaddr[]
  gater?: ConnectionGater
  /** Takes libp2p's own log. Default js-libp2p's logger, which follows `DEBUG`. */
  logger?: ComponentLogger
  /**
   * Further services by name, which may use the core services. `dht` must be kad-dht's,
   * and `rendezvous` an {@link OwnRendezvousPoint}.
   */
  services?: Record<string, ServiceFactory>
  /** Connections that may be open. Default 300. */
  maxConnections?: number
  /**
   * Inbound handshakes at the same time, default 64. Beyond that, the oldest handshake of the source with the
   * most handshakes is closed.
   */
  maxPendingInbound?: number
  /** New inbound connections per second from one host, default 50. A further one is closed. */
  maxInboundPerSecond?: number
  /** Dials that may run at the same time. Default 16. */
  maxParallelDials?: number
}
