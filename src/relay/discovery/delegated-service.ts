import type { PeerRouting } from '@libp2p/interface'
import type { DelegatedStatus } from '../../status/index.ts'

/** A delegated routing endpoint as a service of the peer. It counts its answers. */
export interface DelegatedRouting extends Pick<PeerRouting, 'findPeer' | 'getClosestPeers'> {
  readonly delegatedStatus: DelegatedStatus
}

/** Returns whether a service was made by `delegatedRouting`. */
export function isDelegatedRouting(service: unknown): service is DelegatedRouting {
  return typeof service === 'object' && service !== null && 'delegatedStatus' in service
}
