import type { RelayReport } from './reachability.ts'

/** A snapshot of everything that decides whether peers can meet. Times are milliseconds since 1970. */
export interface RelayStatus {
  /** Undefined while the peer is not running. */
  peer:
    | {
        id: string
        /** Others can dial one of the addresses, directly or through a relay. */
        public: boolean
        addresses: string[]
        /** Reservations that are wanted at the same time. */
        relaysWanted: number
        relays: RelayReport[]
        /** What clients listen on. */
        protocols: string[]
        connections: {
          peer: string
          address: string
          direction: 'inbound' | 'outbound'
          /** It goes through a relay that limits its time or its bytes. */
          limited: boolean
          streams: string[]
          openedMs: number
        }[]
      }
    | undefined
  clients: { name: string; listeners: string[]; connections: number; queuedBytes: number }[]
}
