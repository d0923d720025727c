/*
 * The limits of the typed client in a page. The relay bounds each client by itself: see
 * `src/relay/bounds.ts`.
 */

/** Bytes of unread messages on one connection: 64 MiB. */
export const DEFAULT_MAX_UNREAD_BYTES = 67_108_864

/**
 * Bytes of unread messages on one connection above which the relay is asked to pause it: 4 MiB. It is asked
 * to resume when half of that is left.
 */
export const DEFAULT_PAUSE_ABOVE_BYTES = 4_194_304

/** Bytes of unread messages on all connections of one client: 256 MiB. */
export const DEFAULT_MAX_TOTAL_UNREAD_BYTES = 268_435_456

/** Bytes that an unread message counts in addition to its content, for its buffer and its queue entry. */
export const MESSAGE_OVERHEAD_BYTES = 256

/** Incoming connections of one listener that wait to be taken. Further ones are reset. */
export const DEFAULT_MAX_BACKLOG = 64

/** Bytes in the WebSocket's `bufferedAmount` above which `send` returns false: 1 MiB. */
export const DEFAULT_HIGH_WATER_BYTES = 1_048_576

/** Bytes in the WebSocket's `bufferedAmount` above which `send` throws instead of sending: 64 MiB. */
export const DEFAULT_MAX_BUFFERED_BYTES = 67_108_864

/** Bytes of one message to a peer: 4 MiB, which is the relay's limit. */
export const DEFAULT_MAX_MESSAGE_BYTES = 4_194_304

/** Dials of one client without an answer, including aborted ones. */
export const DEFAULT_MAX_PENDING_DIALS = 256

/**
 * Milliseconds after which a dial that nobody waits for no longer counts: ten times what a relay spends on a
 * dial. A later answer could be taken for that of another dial, so this must be longer than any relay takes.
 */
export const DEFAULT_MAX_DIAL_MS = 300_000

/** Found peers of one finder that wait to be taken. Beyond that, the oldest is dropped. */
export const DEFAULT_MAX_FOUND_PEERS = 1_024

/** Milliseconds that connect, listen and dial wait for the relay: twice what a relay spends on a dial. */
export const DEFAULT_ANSWER_TIMEOUT_MS = 60_000

/**
 * Milliseconds that connect waits for the WebSocket to open in a page in which `libp2p-websocket.js` has not
 * run. The server that has just served the page may be a relay. If it isn't, it may leave the WebSocket
 * waiting for ever, as Vite's does.
 */
export const SCRIPTLESS_OPEN_TIMEOUT_MS = 5_000

/** The bounds of one client. */
export interface ClientLimits {
  /**
   * See {@link DEFAULT_MAX_UNREAD_BYTES}; if exceeded, the connection is reset with `ERR_READ_QUEUE_FULL`.
   */
  maxUnreadBytes: number
  /** See {@link DEFAULT_PAUSE_ABOVE_BYTES}; it has an effect only with the subprotocol. */
  pauseAboveBytes: number
  /**
   * See {@link DEFAULT_MAX_TOTAL_UNREAD_BYTES}; if exceeded, the connection that gets the message is reset.
   */
  maxTotalUnreadBytes: number
  /** See {@link DEFAULT_MAX_BACKLOG}. */
  maxBacklog: number
  /** See {@link DEFAULT_HIGH_WATER_BYTES}. */
  highWaterBytes: number
  /** See {@link DEFAULT_MAX_BUFFERED_BYTES}; if exceeded, `send` throws `ERR_SEND_QUEUE_FULL`. */
  maxBufferedBytes: number
  /**
   * See {@link DEFAULT_MAX_MESSAGE_BYTES}; if exceeded, `send` throws `ERR_MESSAGE_TOO_LARGE` or, without
   * frames, splits.
   */
  maxMessageBytes: number
  /** See {@link DEFAULT_MAX_PENDING_DIALS}; if exceeded, `dial` rejects with `ERR_TOO_MANY_DIALS`. */
  maxPendingDials: number
  /** See {@link DEFAULT_MAX_FOUND_PEERS}. */
  maxFoundPeers: number
  /** See {@link DEFAULT_ANSWER_TIMEOUT_MS}; if exceeded, the call rejects with `ERR_TIMEOUT`. */
  answerTimeoutMs: number
}

/** The default bounds of a client. */
export const DEFAULT_LIMITS: Readonly<ClientLimits> = {
  maxUnreadBytes: DEFAULT_MAX_UNREAD_BYTES,
  pauseAboveBytes: DEFAULT_PAUSE_ABOVE_BYTES,
  maxTotalUnreadBytes: DEFAULT_MAX_TOTAL_UNREAD_BYTES,
  maxBacklog: DEFAULT_MAX_BACKLOG,
  highWaterBytes: DEFAULT_HIGH_WATER_BYTES,
  maxBufferedBytes: DEFAULT_MAX_BUFFERED_BYTES,
  maxMessageBytes: DEFAULT_MAX_MESSAGE_BYTES,
  maxPendingDials: DEFAULT_MAX_PENDING_DIALS,
  maxFoundPeers: DEFAULT_MAX_FOUND_PEERS,
  answerTimeoutMs: DEFAULT_ANSWER_TIMEOUT_MS,
}
