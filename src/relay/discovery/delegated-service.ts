import type { PeerRouting } from '@libp2p/interface'
import type { DelegatedStatus } from '../../status/index.ts'

/** One delegated routing endpoint as a service of the peer, which counts what it answers. */
export interface DelegatedRouting extends Pick<PeerRouting, 'findPeer' | 'getClosestPeers'> {
  readonly delegatedStatus: DelegatedStatus
}

/** True for a service that {@link delegatedRouting} has made. */
export function isDelegatedRouting(service: unknown): service is DelegatedRouting {
  return typeof service === 'object' && service !== null && 'delegatedStatus' in service
}
