/** Limits on the memory and activity of lasting streams. {@link DEFAULT_LIMITS} has the defaults. */
export interface LastingLimits {
  /**
   * The initial receive window of a stream, in bytes: how far the peer may send ahead of the reader. Default
   * 1 MiB.
   */
  initialWindowBytes: number
  /**
   * The maximum receive window of a stream, in bytes. The window grows while the reader keeps up. Default 4
   * MiB.
   */
  maxWindowBytes: number
  /**
   * Bytes that each stream may always have in its window, and unacknowledged, however many streams there are.
   * Default 64 KiB.
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
  /** Unacknowledged bytes that one stream may have sent. Default 4 MiB. */
  maxUnacknowledgedBytesPerStream: number
  /**
   * Unacknowledged bytes that all streams with one peer may have sent, beyond {@link
   * LastingLimits.minStreamBytes} each. At this limit, streams accept no more data until the peer
   * acknowledges some. Default 16 MiB.
   */
  maxUnacknowledgedBytesPerPeer: number
  /**
   * Unacknowledged bytes that all streams with all peers may have sent, with the same rules. Default 256 MiB.
   */
  maxUnacknowledgedBytes: number
  /** Streams with one peer, opened by either side. Further streams are refused. Default 2048. */
  maxStreamsPerPeer: number
  /** Interrupted streams with one peer. If another one is interrupted, it ends immediately. Default 256. */
  maxInterruptedPerPeer: number
  /**
   * Attempts per second by one peer to resume streams. Further attempts are refused, and the peer tries again
   * later. Default 100.
   */
  maxResumesPerSecond: number
  /** Milliseconds after which an interrupted stream ends. Default 30,000. */
  resumeTimeoutMs: number
  /** Milliseconds to wait for a peer to answer OPEN or RESUME. Default 10,000. */
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
