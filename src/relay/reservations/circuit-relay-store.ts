/** A relay that has served this peer. */
export interface KeptCircuitRelay {
  /** Its multiaddrs, each with its `/p2p/…` at the end. */
  addresses: string[]
  /** When it last gave a reservation, in milliseconds since 1970. */
  servedMs: number
}

/** Relays that are kept: the latest. */
export const MAX_KEPT_CIRCUIT_RELAYS = 64

/** Where relays that have served are kept from one start of the peer to the next. */
export interface CircuitRelayStore {
  /** The latest first; what was stored by somebody else is checked by whoever asks. */
  load(): Promise<KeptCircuitRelay[]>
  save(relays: KeptCircuitRelay[]): Promise<void>
}
