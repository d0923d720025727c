import type { Client } from '../../client/index.ts'
import type { PeerReport } from '../../admin/messages.ts'

/** The identity and addresses of the user's peer. */
export interface KnownPeer {
  id: string
  public: boolean
  /** The announced multiaddrs, without the peer's `/p2p/…` suffix. */
  addresses: readonly string[]
}

/**
 * Takes them from the latest report, or from the client's last Identify message if the page may not get
 * reports.
 */
export function knownPeer(client: Client, report: PeerReport | undefined): KnownPeer {
  const peer = report?.status.peer
  if (peer === undefined) return { id: client.peer, public: client.public, addresses: client.addresses }
  const addresses = peer.addresses.filter(({ told }) => told).map(({ address }) => address)
  return { id: peer.id, public: peer.public, addresses }
}
