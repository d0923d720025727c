import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { MAX_STREAMS_PER_PROTOCOL } from '../dialing/open-stream.ts'
import type { StreamLink } from '../dialing/stream-link.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'

/** Takes the streams of one protocol. */
export interface ProtocolListener {
  /** Whether its streams may outlive the links they were opened on. */
  readonly lasting: boolean
  /** Takes a stream that a peer has opened, with the peer's ID and what carries the stream. */
  accept(stream: Stream, peer: string, link: StreamLink): void
}

/**
 * Bytes that identify spends on a protocol in addition to its name: a field's tag and a length of up to two
 * bytes.
 */
const ANNOUNCEMENT_OVERHEAD_BYTES = 3

/**
 * Returns the bytes that these protocols take in identify, the message that announces what this peer serves.
 */
export function announcedBytes(protocols: Iterable<string>): number {
  let bytes = 0
  for (const protocol of protocols) {
    bytes += new TextEncoder().encode(protocol).byteLength + ANNOUNCEMENT_OVERHEAD_BYTES
  }
  return bytes
}

/**
 * The protocols that the clients of one peer listen on. Each has one listener, and libp2p serves it until it
 * is deleted.
 */
export class ProtocolListeners {
  readonly #libp2p: Libp2p
  readonly #linkOf: (connection: Connection) => StreamLink
  readonly #log: Log
  readonly #byProtocol = new Map<string, ProtocolListener>()

  /** `linkOf` makes the link of an ordinary stream over this connection. */
  constructor(libp2p: Libp2p, linkOf: (connection: Connection) => StreamLink, log: Log) {
    this.#libp2p = libp2p
    this.#linkOf = linkOf
    this.#log = log
  }

  get protocols(): string[] {
    return [...this.#byProtocol.keys()]
  }

  get(protocol: string): ProtocolListener | undefined {
    return this.#byProtocol.get(protocol)
  }

  /** Bytes that all protocols together take in identify. */
  get announcedBytes(): number {
    return announcedBytes(this.#byProtocol.keys())
  }

  /** Returns whether a client listens on the protocol, or libp2p itself serves it. */
  has(protocol: string): boolean {
    return this.#libp2p.getProtocols().includes(protocol)
  }

  /**
   * Adds a listener; its handler is in place when this returns. The protocol must be free, and allowed for
   * clients.
   */
  add(protocol: string, listener: ProtocolListener): void {
    this.#byProtocol.set(protocol, listener)
    // The promise only waits for the peer store to note the protocol.
    this.#libp2p
      .handle(protocol, (stream, connection) => this.#accept(protocol, stream, connection), {
        runOnLimitedConnection: true,
        maxInboundStreams: MAX_STREAMS_PER_PROTOCOL,
        maxOutboundStreams: MAX_STREAMS_PER_PROTOCOL,
      })
      .catch((error: unknown) => this.#log('warn', `handle ${protocol}: ${messageOf(error)}`))
  }

  /** Removes a listener. The protocol is free again when this returns. */
  delete(protocol: string): void {
    if (!this.#byProtocol.delete(protocol)) return
    this.#libp2p
      .unhandle(protocol)
      .catch((error: unknown) => this.#log('warn', `unhandle ${protocol}: ${messageOf(error)}`))
  }

  #accept(protocol: string, stream: Stream, connection: Connection): void {
    const listener = this.#byProtocol.get(protocol)
    if (listener === undefined) stream.abort(new Error(`the listener of ${protocol} has stopped`))
    else listener.accept(stream, connection.remotePeer.toString(), this.#linkOf(connection))
  }
}
