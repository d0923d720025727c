import type { HostStatus, NetworkStatus, TabStatus, TransportStatus } from '../status/index.ts'

/** What only the host knows of the snapshot. It is made anew for each. */
export interface HostReport {
  host: Pick<HostStatus, 'kind' | 'version' | 'online' | 'updateWaits' | 'localNetwork'>
  network: NetworkStatus
  /** Those that the host gives to the peer: circuits are the core's. */
  transports: TransportStatus[]
  tabs?: TabStatus[]
}
