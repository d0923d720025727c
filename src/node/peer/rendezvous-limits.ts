/*
 * The limits of a rendezvous point. What a peer that uses one accepts is in `src/relay/rendezvous/limits.ts`.
 */

/** Limits of a rendezvous point. `docs/running-a-relay.md` says what happens at each. */
export interface RendezvousLimits {
  /** Most registrations at once, of all peers and in all namespaces. */
  registrations: number
  /** Most registrations of one peer. */
  perPeer: number
  /** Most registrations of one IP address (for IPv6, one /64). 0 means no limit. */
  perAddress: number
  /** Requests that one peer may make at once. */
  burst: number
  /** Requests per second that it may make after that. */
  perSecond: number
  /**
   * Milliseconds for which a registration stays whose addresses lead through this circuit relay, after its
   * peer has left.
   */
  absenceMs: number
}

/** Default limits. */
export const DEFAULT_RENDEZVOUS_LIMITS: Readonly<RendezvousLimits> = {
  registrations: 8_192,
  perPeer: 128,
  // A school or an office may share one address.
  perAddress: 1_024,
  burst: 256,
  perSecond: 8,
  absenceMs: 60_000,
}

/** Seconds that a registration lasts if its peer doesn't say, as in the specification. */
export const DEFAULT_TTL_SECONDS = 7_200
/** The shortest and the longest time that may be asked for, in seconds. */
export const MIN_TTL_SECONDS = 60
export const MAX_TTL_SECONDS = 259_200

/** Bytes of one request. */
export const MAX_REQUEST_BYTES = 8_192
/** Registrations in one answer, and bytes of them. rust-libp2p reads answers of up to 1 MiB. */
export const MAX_RESULTS = 1_000
export const MAX_RESULT_BYTES = 524_288
/** Streams that one connection may have open. */
export const MAX_STREAMS = 32
/** Milliseconds that a stream may be silent. */
export const STREAM_TIMEOUT_MS = 10_000
/** Milliseconds between two sweeps that remove what has expired. */
export const SWEEP_INTERVAL_MS = 10_000
