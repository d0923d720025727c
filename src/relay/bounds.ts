import type { LastingLimits } from '../lasting/index.ts'

/**
 * Bytes that each queued write counts in addition to its payload, so that many small writes are bounded too.
 */
export const QUEUED_WRITE_OVERHEAD_BYTES = 256

/**
 * The bounds of one relay. Each says what happens when it is exceeded, and its default.
 *
 * The sockets below the relay have their own limits: `node/http/ws-control-socket.ts` and
 * `websocket/messages.ts`. `docs/architecture.md` lists all limits in the order in which a message meets
 * them.
 */
export interface RelayBounds {
  /**
   * Control sockets that may be open. A further one is closed with code 1013 (try again later). Default 4096.
   */
  maxClients: number
  /**
   * Bytes of one message from a client. A longer one is answered with a Protocol Error. Default 4 MiB for a
   * frame, and 64 KiB for the fields before it.
   */
  maxMessageBytes: number
  /**
   * Payload bytes of one frame on a stream. A longer one closes its connection before it is read. Default 4
   * MiB.
   */
  maxFrameBytes: number
  /**
   * Bytes that one connection queues for a slow stream before its control socket is paused. Default 1 MiB.
   */
  maxQueuedBytesPerConnection: number
  /** Bytes that all connections of one client queue before its control socket is paused. Default 4 MiB. */
  maxQueuedBytesPerClient: number
  /**
   * Bytes that the names of all listened protocols take in identify, the message that announces what the peer
   * serves. A Listen that exceeds it is refused. Default 2 KiB: rust-libp2p ignores messages over 4 KiB,
   * go-libp2p and js-libp2p those over 8 KiB, and the message contains the peer's addresses twice.
   */
  maxAnnouncedBytes: number
  /**
   * The same for the protocols of one client, so that other clients can still listen. A Listen that exceeds
   * it is refused. Default 1.5 KiB.
   */
  maxAnnouncedBytesPerClient: number
  /**
   * Connections and pending Connects of one client. A further Connect is refused, and a further incoming
   * stream is reset. Default 1024.
   */
  maxConnectionsPerClient: number
  /**
   * Connections that other peers open to one client. The rest is reserved for its own Connects. A further
   * stream is reset. Default 768.
   */
  maxInboundConnectionsPerClient: number
  /** Connections that one remote peer has opened to one client. A further stream is reset. Default 256. */
  maxInboundConnectionsPerPeer: number
  /**
   * Namespaces that one client looks for peers in. A further Find Peers is answered with a Protocol Error.
   * Default 32.
   */
  maxNamespacesPerClient: number
  /** Milliseconds until a Connect gives up. Default 30,000. */
  connectTimeoutMs: number
  /**
   * Milliseconds that Identify waits for a reservation, so that its addresses can be dialled. Default 3,000.
   */
  identifyTimeoutMs: number
  /**
   * Bytes that all streams of one client may hold while it doesn't read, on links that can't slow the sender
   * down (WebRTC). Each stream gets an equal share, at least 4 MiB; a connection that exceeds it ends.
   * Default 64 MiB.
   */
  maxUnreadBytesPerClient: number
  /** Milliseconds without progress until a connection that flushes or closes is reset. Default 30,000. */
  lingerTimeoutMs: number
  /**
   * Limits of lasting streams that differ from the defaults in {@link LastingLimits}: the bytes that wait for
   * an acknowledgement, for one stream, one peer and all of them; the interrupted streams of one peer; its
   * attempts to resume them; and how long an interruption may last. A sender past a limit waits, and a stream
   * past it ends with a reason. False: no stream outlives its link. Default: all defaults.
   */
  lasting: Partial<LastingLimits> | false
}

export const DEFAULT_BOUNDS: Readonly<RelayBounds> = {
  maxClients: 4096,
  maxMessageBytes: 4_194_304 + 65_536,
  maxFrameBytes: 4_194_304,
  maxQueuedBytesPerConnection: 1_048_576,
  maxQueuedBytesPerClient: 4_194_304,
  maxAnnouncedBytes: 2_048,
  maxAnnouncedBytesPerClient: 1_536,
  maxConnectionsPerClient: 1024,
  maxInboundConnectionsPerClient: 768,
  maxInboundConnectionsPerPeer: 256,
  maxNamespacesPerClient: 32,
  connectTimeoutMs: 30_000,
  identifyTimeoutMs: 3_000,
  maxUnreadBytesPerClient: 67_108_864,
  lingerTimeoutMs: 30_000,
  lasting: {},
}
