import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { HostReport } from './host-report.ts'
import type { KeyStore } from './identity.ts'
import type { Log } from './log.ts'
import type { NetworkConfig } from './network-config.ts'
import type { PeerInit } from './peer-init.ts'
import type { CircuitRelayStore } from './reservations/circuit-relay-store.ts'

/** What the relay needs from its host. */
export interface RelayComponents {
  keys: KeyStore
  /** The key to run with if a Start gives none. If set, no key is loaded or stored. */
  key?: string
  log: Log
  /** Runs a function in a later task, after those that are already queued but sooner than a timer would. */
  queueTask: (task: () => void) => void
  /** Returns the part of a status that only the host knows. */
  report: () => HostReport
  /** Reads the network configuration, when the peer starts and when circuit relays fail. Does not reject. */
  network: () => Promise<NetworkConfig>
  /** The host's own part of the peer: transports, addresses, services. */
  peer: (network: NetworkConfig) => Promise<Omit<PeerInit, 'privateKey' | 'queueTask'>>
  /**
   * Stores the circuit relays that granted a reservation, for the next start. Default: they are forgotten.
   */
  circuitRelayStore?: CircuitRelayStore
  /**
   * Returns why the peer may not dial an address that a client named in a Connect, in words for the user;
   * undefined if it may. The host's connection gater must then allow that address. Default: all are allowed.
   */
  refusalOf?: (address: Multiaddr) => string | undefined
  /**
   * Returns whether the error that ended a stream means that only this side lost the link, as when a tab that
   * lent WebRTC closes. The client then gets the error's message, and the peer is dialled again. Default:
   * never.
   */
  isLocalLoss?: (error: Error) => boolean
  /**
   * Returns whether the host knows that a link is still open although one of its streams ended abruptly. The
   * client then learns that the stream was reset, not that the link was lost. Default: never.
   */
  isStanding?: (link: Connection) => boolean
  /** Overrides PUBLIC in Identify, to test a page with either value. */
  fakePublic?: boolean
}
