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
  /** When the signal aborts, on the clock of `performance.now()`. The addresses share the time until then. */
  deadlineMs: number
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
