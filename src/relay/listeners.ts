import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { MAX_STREAMS_PER_PROTOCOL } from './dialer.ts'
import type { Log } from './log.ts'
import { messageOf } from './log.ts'

/** Who takes the streams of one protocol. */
export interface ProtocolListener {
  /** A stream that a peer has opened, and the ID of that peer. `connection` is undefined for a loopback. */
  accept(stream: Stream, peer: string, connection: Connection | undefined): void
}

/** Bytes of a protocol's name that multistream-select can negotiate. */
const MAX_PROTOCOL_BYTES = 1000

/** Prefixes of the protocols that libp2p itself serves, now or once a transport is added. */
const RESERVED_PREFIXES = ['/ipfs/', '/libp2p/', '/webrtc-signaling/', '/p2p/', '/multistream/']

/** The protocols that clients of one peer listen on: one listener each, served by libp2p for as long as it is here. */
export class Listeners {
  readonly #libp2p: Libp2p
  readonly #log: Log
  readonly #byProtocol = new Map<string, ProtocolListener>()

  constructor(libp2p: Libp2p, log: Log) {
    this.#libp2p = libp2p
    this.#log = log
  }

  get protocols(): string[] {
    return [...this.#byProtocol.keys()]
  }

  get(protocol: string): ProtocolListener | undefined {
    return this.#byProtocol.get(protocol)
  }

  /** False if someone listens already, or if the protocol is not a client's to take. */
  add(protocol: string, listener: ProtocolListener): boolean {
    const reserved =
      RESERVED_PREFIXES.some((prefix) => protocol.startsWith(prefix)) ||
      new TextEncoder().encode(protocol).byteLength > MAX_PROTOCOL_BYTES
    if (reserved || this.#libp2p.getProtocols().includes(protocol)) return false
    this.#byProtocol.set(protocol, listener)
    // The handler is in place when this returns; what is awaited is only the peer store's note of it.
    this.#libp2p
      .handle(protocol, (stream, connection) => this.#accept(protocol, stream, connection), {
        runOnLimitedConnection: true,
        maxInboundStreams: MAX_STREAMS_PER_PROTOCOL,
        maxOutboundStreams: MAX_STREAMS_PER_PROTOCOL,
      })
      .catch((error: unknown) => this.#log('warn', `handle ${protocol}: ${messageOf(error)}`))
    return true
  }

  /** The protocol is free again when this returns. */
  delete(protocol: string): void {
    if (!this.#byProtocol.delete(protocol)) return
    this.#libp2p
      .unhandle(protocol)
      .catch((error: unknown) => this.#log('warn', `unhandle ${protocol}: ${messageOf(error)}`))
  }

  #accept(protocol: string, stream: Stream, connection: Connection): void {
    const listener = this.#byProtocol.get(protocol)
    if (listener === undefined) stream.abort(new Error(`nobody listens on ${protocol} any more`))
    else listener.accept(stream, connection.remotePeer.toString(), connection)
  }
}
