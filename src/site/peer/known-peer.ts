import type { Client } from '../../client/index.ts'
import type { PeerReport } from '../../admin/messages.ts'

/** Who the peer is and where it is reached. */
export interface KnownPeer {
  id: string
  public: boolean
  /** Multiaddrs that others are told, without the peer's own `/p2p/…` at their end. */
  addresses: readonly string[]
}

/** As the peer is now, if it lets this page look; else as it was when the client was told who it is. */
export function knownPeer(client: Client, report: PeerReport | undefined): KnownPeer {
  const peer = report?.status.peer
  if (peer === undefined) return { id: client.peer, public: client.public, addresses: client.addresses }
  const addresses = peer.addresses.filter(({ told }) => told).map(({ address }) => address)
  return { id: peer.id, public: peer.public, addresses }
}
