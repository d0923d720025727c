/**
 * What a relay gives to others at most. Bytes and time are those of one circuit: browsers send over circuits only what WebRTC
 * cannot carry, so they may be large and long.
 */
export interface RelayLimits {
  /** Reservations at once; with one more, a peer is told that the relay is full. */
  reservations: number
  /** Reservations at once that peers of one IP address hold, in IPv6 of one /64; 0 is any number. */
  reservationsPerAddress: number
  /** Circuits at once, whoever they are between. */
  circuits: number
  /** Bytes that one circuit may carry, in both directions together; 0 is any number. */
  circuitBytes: number
  /** Milliseconds that one circuit may stand; 0 is any time. */
  circuitMs: number
}

/** The limits that hold where nothing else is said. Those for one circuit are enforced and not announced: see `announced-limit.ts`. */
export const DEFAULT_RELAY_LIMITS: Readonly<RelayLimits> = {
  reservations: 1024,
  // A school or an office is one address to the relay; sixteen of them fill it.
  reservationsPerAddress: 64,
  circuits: 1024,
  circuitBytes: 1_073_741_824,
  circuitMs: 24 * 60 * 60_000,
}

/** Reservations, and circuits, that a command line may ask for. */
export const MAX_RELAY_SLOTS = 65_536
/** Hours that a circuit may stand if it may not stand for ever: a timer of Node's cannot run for longer than 24 days. */
export const MAX_CIRCUIT_HOURS = 576

/**
 * Milliseconds that a reservation holds unless it is renewed.
 *
 * js-libp2p's clients renew five minutes before the end, and not at all while more than ten minutes are left, whoever asks them
 * to. With ten, a client that has slept and asks at once is heard, and one whose clock is off is served: by five minutes behind
 * the relay's, or nine ahead. With less, clients renew more often for nothing: the slot of a peer that leaves is free at once,
 * and one that falls silent is noticed by the connection monitor, within half a minute.
 */
export const RESERVATION_TTL_MS = 10 * 60_000
