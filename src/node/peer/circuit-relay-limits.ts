/**
 * Limits of a circuit relay. The limits of one circuit can be generous, because browsers use circuits only
 * where WebRTC doesn't work.
 */
export interface CircuitRelayLimits {
  /** Most reservations at once. Further peers are told that the circuit relay is full. */
  reservations: number
  /** Most reservations at once for one IP address (for IPv6, one /64). 0 means no limit. */
  reservationsPerAddress: number
  /** Most circuits at once, between all peers. */
  circuits: number
  /** Most bytes that one circuit carries, in both directions together. 0 means no limit. */
  circuitBytes: number
  /** Longest time that one circuit stays open, in milliseconds. 0 means no limit. */
  circuitMs: number
}

/** Default limits. Those of one circuit are enforced but not announced: see `announced-limit.ts`. */
export const DEFAULT_CIRCUIT_RELAY_LIMITS: Readonly<CircuitRelayLimits> = {
  reservations: 1024,
  // A school or an office may share one address. Sixteen of them can fill the circuit relay.
  reservationsPerAddress: 64,
  circuits: 1024,
  circuitBytes: 1_073_741_824,
  circuitMs: 24 * 60 * 60_000,
}

/** Highest limit of reservations and of circuits that the command line accepts. */
export const MAX_CIRCUITS_OR_RESERVATIONS = 65_536
/** Longest limit of a circuit's time, in hours: Node's timers can't run longer than 24 days. */
export const MAX_CIRCUIT_HOURS = 576

/**
 * Milliseconds until a reservation expires unless it is renewed.
 *
 * js-libp2p's clients renew five minutes before the end, and never while more than ten minutes are left. With
 * ten minutes, a client that wakes from sleep can renew immediately, and a client's clock may be up to five
 * minutes behind the circuit relay's, or nine ahead. A shorter time would only cause more renewals: the slot
 * of a peer that leaves is freed immediately, and the connection monitor notices within half a minute that a
 * peer has gone silent.
 */
export const RESERVATION_TTL_MS = 10 * 60_000
