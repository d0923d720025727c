/** What the lasting streams of one program may hold and do. Every bound has its default here. */
export interface LastingLimits {
  /** Bytes that a new stream lets its peer send ahead of the reader. Default 1 MiB. */
  initialWindowBytes: number
  /** Bytes to which that window grows while the reader keeps up. Default 4 MiB. */
  maxWindowBytes: number
  /**
   * Bytes that a stream may have in its window and unacknowledged however many others there are. Default 64
   * KiB.
   */
  minStreamBytes: number
  /**
   * Bytes that the windows of all streams with one peer share, beyond {@link LastingLimits.minStreamBytes}
   * each. Default 16 MiB.
   */
  maxWindowBytesPerPeer: number
  /**
   * Bytes that the windows of all streams share, beyond {@link LastingLimits.minStreamBytes} each. Default
   * 256 MiB.
   */
  maxWindowBytesTotal: number
  /** Bytes that one stream has sent and that the peer has not acknowledged. Default 4 MiB. */
  maxUnacknowledgedBytesPerStream: number
  /**
   * Bytes that all streams with one peer have sent and that it has not acknowledged, beyond {@link
   * LastingLimits.minStreamBytes} each. A stream past this bound is full until an acknowledgement comes.
   * Default 16 MiB.
   */
  maxUnacknowledgedBytesPerPeer: number
  /** The same for all peers together. Default 256 MiB. */
  maxUnacknowledgedBytes: number
  /** Streams with one peer, in both directions. A further one is refused. Default 2048. */
  maxStreamsPerPeer: number
  /** Streams with one peer that wait for a new carrier. A further one ends immediately. Default 256. */
  maxInterruptedPerPeer: number
  /**
   * Attempts per second with which one peer may resume its streams. A further one is refused; the peer tries
   * again. Default 100.
   */
  maxResumesPerSecond: number
  /** Milliseconds that a stream may be without a carrier before it ends. Default 30,000. */
  resumeTimeoutMs: number
  /** Milliseconds for a peer to answer an opening or a resumption. Default 10,000. */
  answerTimeoutMs: number
}

export const DEFAULT_LIMITS: Readonly<LastingLimits> = {
  initialWindowBytes: 1_048_576,
  maxWindowBytes: 4_194_304,
  minStreamBytes: 65_536,
  maxWindowBytesPerPeer: 16_777_216,
  maxWindowBytesTotal: 268_435_456,
  maxUnacknowledgedBytesPerStream: 4_194_304,
  maxUnacknowledgedBytesPerPeer: 16_777_216,
  maxUnacknowledgedBytes: 268_435_456,
  maxStreamsPerPeer: 2048,
  maxInterruptedPerPeer: 256,
  maxResumesPerSecond: 100,
  resumeTimeoutMs: 30_000,
  answerTimeoutMs: 10_000,
}
