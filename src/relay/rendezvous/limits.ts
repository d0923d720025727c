/*
 * The limits of a peer that looks for others at rendezvous points. Those of a rendezvous point are in
 * `src/node/peer/rendezvous-limits.ts`.
 */

export { MAX_NAMESPACE_BYTES } from '../../protocol/index.ts'

/** The protocol, as libp2p's specification names it. */
export const RENDEZVOUS_PROTOCOL = '/rendezvous/1.0.0'

/** Bytes of one answer. A longer one ends its stream. rust-libp2p has the same limit. */
export const MAX_ANSWER_BYTES = 1_048_576
/** Bytes of a signed peer record. A longer one is ignored, or refused by our rendezvous point. */
export const MAX_RECORD_BYTES = 4_096
/** Addresses that are used of one record. */
export const MAX_ADDRESSES = 16
/** Bytes of a cookie. A longer one is not sent back, so the next answer starts from the beginning. */
export const MAX_COOKIE_BYTES = 1_024

/** Registrations in one answer. Further ones are not read. */
export const PAGE_SIZE = 64
/** Answers that are asked for in one round. The rest comes with the next round. */
export const MAX_PAGES = 8

/** Namespaces that all clients of one peer look in. A further Find Peers is refused. */
export const MAX_NAMESPACES = 128
/** Peers that are remembered in one namespace. Beyond that, the one that was found first is forgotten. */
export const MAX_KNOWN_PEERS = 1_024
/** Rendezvous points that are used at once. Further ones are left out. */
export const MAX_POINTS = 8

/** Seconds that a registration is asked to last. It is the shortest that rust-libp2p's points accept. */
export const TTL_SECONDS = 7_200
/** The shortest and the longest time that a point is believed, in seconds. */
export const MIN_TTL_SECONDS = 60
export const MAX_TTL_SECONDS = 259_200

/** Milliseconds for one request with its answer. */
export const REQUEST_TIMEOUT_MS = 10_000
/**
 * Milliseconds between two rounds. The wait doubles from the first to the longest, and begins again when a
 * point comes back.
 */
export const FIRST_INTERVAL_MS = 2_000
export const LONGEST_INTERVAL_MS = 40_000
/** Milliseconds between two rounds at least, however often something changes. */
export const MIN_INTERVAL_MS = 500
