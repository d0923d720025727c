/**
 * What one relay holds at most. Every number has its default here, and its meaning of "full" in its comment.
 */
export interface RelayBounds {
  /** Control sockets at once. A further one is closed with 1013 (try again later). Default 4096. */
  maxClients: number
  /**
   * Bytes of one message of a client. A longer one is answered with a Protocol Error. Default 4 MiB for a frame, and 64 KiB for
   * what stands before it.
   */
  maxMessageBytes: number
  /** Payload bytes of one frame on a stream. A longer one closes its connection, before it is read. Default 4 MiB. */
  maxFrameBytes: number
  /** Bytes that one connection queues for a stream that is not taking them, before its control socket is paused. Default 1 MiB. */
  maxQueuedBytesPerConnection: number
  /** Bytes that all connections of one client queue together, before its control socket is paused. Default 4 MiB. */
  maxQueuedBytesPerClient: number
  /** Protocols that one client listens on. A further Listen is refused. Default 256. */
  maxListenersPerClient: number
  /** Connections and pending Connects of one client. A further Connect is refused, a further stream is reset. Default 1024. */
  maxConnectionsPerClient: number
  /** Milliseconds after which a Connect gives up. Default 30,000. */
  connectTimeoutMs: number
  /** Milliseconds that Identify waits for a reservation on a relay, so that its addresses are dialable. Default 3,000. */
  identifyTimeoutMs: number
  /** Milliseconds that a connection whose client is gone may take to flush and to close, before it is reset. Default 30,000. */
  lingerTimeoutMs: number
}

export const DEFAULT_BOUNDS: Readonly<RelayBounds> = {
  maxClients: 4096,
  maxMessageBytes: 4_194_304 + 65_536,
  maxFrameBytes: 4_194_304,
  maxQueuedBytesPerConnection: 1_048_576,
  maxQueuedBytesPerClient: 4_194_304,
  maxListenersPerClient: 256,
  maxConnectionsPerClient: 1024,
  connectTimeoutMs: 30_000,
  identifyTimeoutMs: 3_000,
  lingerTimeoutMs: 30_000,
}
