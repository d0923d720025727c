/** A circuit relay that has served this peer. */
export interface KeptCircuitRelay {
  /** Its multiaddrs, each ending in its `/p2p/…`. */
  addresses: string[]
  /** When it last granted a reservation, in milliseconds since 1970. */
  servedMs: number
}

/** The circuit relays that are stored. Older ones are dropped. */
export const MAX_KEPT_CIRCUIT_RELAYS = 64

/** Stores the circuit relays that have served this peer from one start to the next. */
export interface CircuitRelayStore {
  /** Loads what was saved, the latest first. The caller validates the addresses. */
  load(): Promise<KeptCircuitRelay[]>
  save(circuitRelays: KeptCircuitRelay[]): Promise<void>
}
