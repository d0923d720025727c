import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { HostReport } from './host-report.ts'
import type { KeyStore } from './identity.ts'
import type { Log } from './log.ts'
import type { NetworkConfig } from './network-config.ts'
import type { PeerInit } from './peer-init.ts'
import type { CircuitRelayStore } from './reservations/circuit-relay-store.ts'

/** What the core needs of its host. */
export interface RelayComponents {
  keys: KeyStore
  /** The key to run with if a Start gives none. If set, no key is loaded or stored. */
  key?: string
  log: Log
  /** Runs a function in a task of its own, after those that are due and sooner than a timer would. */
  queueTask: (task: () => void) => void
  /** Returns the part of a status that only the host knows. */
  report: () => HostReport
  /**
   * What the peer needs to find others; asked for when it starts, and again when its relays fail. Does not
   * reject.
   */
  network: () => Promise<NetworkConfig>
  /** The host's own part of the peer: transports, addresses, services. */
  peer: (network: NetworkConfig) => Promise<Omit<PeerInit, 'privateKey' | 'queueTask'>>
  /** Where relays that served are kept from one start to the next; without it, nowhere. */
  circuitRelayStore?: CircuitRelayStore
  /**
   * Returns why the peer may not dial an address that a client named in a Connect, in words for the user.
   * Returns undefined if it may; the host's connection gater must let that address pass from then on.
   * Default: every address may be dialled.
   */
  refusalOf?: (address: Multiaddr) => string | undefined
  /**
   * Whether the error that ended a stream means that this side lost what carried the link, while the host has
   * more of it. The client then reads the error's message, and the peer is dialled again. Default: never.
   */
  isLocalLoss?: (error: Error) => boolean
  /**
   * Whether the host knows that a link stands although one of its streams ended without a word from the other
   * side. The client then reads that the stream was reset instead of that the link was lost. Default: never.
   */
  isStanding?: (link: Connection) => boolean
  /** What PUBLIC says, whatever is known: for trying a page as the one or the other. */
  fakePublic?: boolean
}
