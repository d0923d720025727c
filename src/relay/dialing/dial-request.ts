import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { PeerAddress } from '../../protocol/index.ts'
import type { Peer } from '../peer.ts'
import type { DialTurns } from './dial-turns.ts'
import type { DirectLinks } from './direct-links.ts'

/** What a Connect asks for. */
export interface DialRequest {
  /** The client that asks: turns to dial are shared among the clients. */
  client: object
  target: PeerAddress
  protocol: string
  /** The circuit relay to go through, as in the Connect message. Empty for any path to the peer. */
  relay: string
  /** Whether the stream may outlive its link, if the other side knows lasting streams. */
  lasting: boolean
  /**
   * Whether circuits are dialled side by side. Default false: several Connects to one peer then share a dial,
   * and with it a circuit.
   */
  sideBySide?: boolean
  /** When the signal aborts, on the clock of `performance.now()`. The addresses share the time until then. */
  deadlineMs: number
}

/** Opens on a link what a dial is for. */
export interface StreamOpener<Opened> {
  /**
   * Opens it on this link, also on a circuit with limits. Rejects with an `UnservedError` if the other side
   * doesn't serve it.
   */
  open(link: Connection, request: DialRequest, signal: AbortSignal): Promise<Opened>
  /**
   * Opens it if it will outlive the link, so that the first link that works is good enough. Resolves to
   * undefined if it won't.
   */
  openLasting(link: Connection, request: DialRequest, signal: AbortSignal): Promise<Opened | undefined>
}

/** What a dial uses of the peer and its host. */
export interface DialComponents {
  peer: Peer
  direct: DirectLinks
  turns: DialTurns
  /** As in `RelayComponents`. */
  refusalOf: (address: Multiaddr) => string | undefined
  /** Returns the circuit relays of this peer, for a Connect through any of them. */
  circuitRelays: () => Multiaddr[]
}
