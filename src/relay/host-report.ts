import type { HostStatus, NetworkStatus, TabStatus, TransportStatus } from '../status/index.ts'

/** The part of a status that only the host knows. */
export interface HostReport {
  host: Pick<HostStatus, 'kind' | 'version' | 'online' | 'updateWaits' | 'localNetwork'>
  network: NetworkStatus
  /** The transports that the host gives to the peer. The relay adds circuits. */
  transports: TransportStatus[]
  tabs?: TabStatus[]
}
