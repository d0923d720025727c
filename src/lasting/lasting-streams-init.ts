import type { Logger, Stream } from '@libp2p/interface'
import type { LastingStream } from './lasting-stream.ts'
import type { LastingLimits } from './limits.ts'

/** What {@link LastingStreams} needs from the application. */
export interface LastingStreamsInit {
  /**
   * Opens a `/lasting/1.0.0` stream to a peer over any link that works, and dials the peer if necessary.
   * Rejects if no link works. It is called repeatedly for each interrupted stream, until the stream is
   * resumed or `signal` is aborted.
   *
   * If the `protocol` of the returned stream is empty, the negotiation is sent together with the first frame.
   * This saves a round trip.
   */
  openCarrier(peer: string, signal: AbortSignal, stream: LastingStream): Promise<Stream>
  log: Logger
  /**
   * Returns how many bytes of data may be sent on a carrier now. The default is no limit. Control frames are
   * always sent. Call {@link LastingStreams.pump} when the budget may have increased.
   */
  budgetBytes?(carrier: Stream): number
  /** Called when a stream is interrupted, and when it continues over a new carrier. */
  changed?(stream: LastingStream): void
  /** Called when a stream has lost a carrier. `error` is the carrier's error, if it had one. */
  carrierLost?(stream: LastingStream, carrier: Stream, error: Error | undefined): void
  limits?: Partial<LastingLimits>
}

/** Returns the handler for a protocol's streams, or undefined if the protocol isn't served. */
export type ServeProtocol = (protocol: string) => ((stream: LastingStream) => void) | undefined

/** Options of {@link LastingStreams.open}. */
export interface OpenOptions {
  signal?: AbortSignal
  /**
   * Whether the protocol name has already been sent on the carrier, together with the proposal of
   * `/lasting/1.0.0`. Default false.
   */
  isNameSent?: boolean
}

/** Counts of events since a {@link LastingStreams} was created. */
export interface LastingCounts {
  /** Interruptions after which the stream was resumed. */
  resumed: number
  /** Changes of carrier without an interruption. */
  moved: number
  /** Streams that ended while they were interrupted. */
  lost: number
}
