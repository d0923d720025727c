/** Bytes of received messages that one connection keeps for a page that does not read them: 64 MiB. */
export const DEFAULT_MAX_UNREAD_BYTES = 67_108_864

/** Bytes of received messages that all connections of one client keep together: 256 MiB. */
export const DEFAULT_MAX_TOTAL_UNREAD_BYTES = 268_435_456

/** What a received message costs besides its bytes: what its buffer and its place in a queue take in memory. */
export const MESSAGE_OVERHEAD_BYTES = 256

/** Incoming connections that one listener keeps for a page that does not take them; any further one is closed at once. */
export const DEFAULT_MAX_BACKLOG = 64

/** Bytes in the WebSocket's `bufferedAmount` above which `send` says to wait: 1 MiB. */
export const DEFAULT_HIGH_WATER_BYTES = 1_048_576

/** Bytes in the WebSocket's `bufferedAmount` above which `send` throws instead of sending: 64 MiB. */
export const DEFAULT_MAX_BUFFERED_BYTES = 67_108_864

/** Bytes of one message to a peer: 4 MiB, which is what a relay takes. */
export const DEFAULT_MAX_MESSAGE_BYTES = 4_194_304

/** Dials of one client whose answer has not come, those that were given up included. */
export const DEFAULT_MAX_PENDING_DIALS = 256

/** How long connect, listen and dial wait for the relay: twice what a relay itself spends on a dial. */
export const DEFAULT_ANSWER_TIMEOUT_MS = 60_000

/** The bounds of one client. */
export interface ClientLimits {
  /** See {@link DEFAULT_MAX_UNREAD_BYTES}; full: the connection is closed, and its reader told so. */
  maxUnreadBytes: number
  /** See {@link DEFAULT_MAX_TOTAL_UNREAD_BYTES}; full: the connection whose message does not fit is closed. */
  maxTotalUnreadBytes: number
  /** See {@link DEFAULT_MAX_BACKLOG}. */
  maxBacklog: number
  /** See {@link DEFAULT_HIGH_WATER_BYTES}. */
  highWaterBytes: number
  /** See {@link DEFAULT_MAX_BUFFERED_BYTES}; full: `send` throws `ERR_SEND_QUEUE_FULL`. */
  maxBufferedBytes: number
  /** See {@link DEFAULT_MAX_MESSAGE_BYTES}; above: `send` throws `ERR_MESSAGE_TOO_LARGE`, or, without frames, splits. */
  maxMessageBytes: number
  /** See {@link DEFAULT_MAX_PENDING_DIALS}; full: `dial` rejects with `ERR_TOO_MANY_DIALS`. */
  maxPendingDials: number
  /** See {@link DEFAULT_ANSWER_TIMEOUT_MS}; over: `ERR_TIMEOUT`. */
  answerTimeoutMs: number
}

/** The bounds that hold where a client is not given others. */
export const DEFAULT_LIMITS: Readonly<ClientLimits> = {
  maxUnreadBytes: DEFAULT_MAX_UNREAD_BYTES,
  maxTotalUnreadBytes: DEFAULT_MAX_TOTAL_UNREAD_BYTES,
  maxBacklog: DEFAULT_MAX_BACKLOG,
  highWaterBytes: DEFAULT_HIGH_WATER_BYTES,
  maxBufferedBytes: DEFAULT_MAX_BUFFERED_BYTES,
  maxMessageBytes: DEFAULT_MAX_MESSAGE_BYTES,
  maxPendingDials: DEFAULT_MAX_PENDING_DIALS,
  answerTimeoutMs: DEFAULT_ANSWER_TIMEOUT_MS,
}
