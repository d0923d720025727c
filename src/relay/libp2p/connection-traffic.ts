import type { Connection, Libp2pEvents, Stream, TypedEventTarget } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'
import type { Traffic } from '../../status/index.ts'
import { boundStream } from './stream-bounds.ts'

/** The methods of js-libp2p's streams through which all bytes pass. Their interface leaves them out. */
interface OpenStream extends Stream {
  onData(data: Uint8Array | Uint8ArrayList): void
  sendData(data: Uint8ArrayList): { sentBytes: number }
}

/**
 * What carries a connection, which js-libp2p keeps private. All received bytes pass here, except those of
 * WebRTC.
 */
interface Carrier {
  onData(data: Uint8Array | Uint8ArrayList): void
}

/** The multiplexer of a connection, which js-libp2p keeps private. It creates every stream. */
interface Muxer extends EventTarget {
  streams: Stream[]
  createStream(...args: unknown[]): Promise<Stream>
}

/** How many bytes a connection has moved so far. */
export interface Progress {
  /** Bytes received, including those of the multiplexer and the encryption. */
  receivedBytes: number
  /** Bytes that have left this side's own queue. */
  sentBytes: number
  /** Bytes in that queue, which the system or the other side doesn't take yet. */
  queuedBytes: number
}

/**
 * The most bytes of a question to a peer. That these leave the queue doesn't prove that the peer is alive.
 */
const MAX_QUESTION_BYTES = 1_024

/**
 * Returns whether the other side has shown a sign of life between two points in time: bytes were received, or
 * queued bytes were sent. Bytes that were sent without a queue prove nothing, because the system accepts some
 * even for a dead connection.
 */
export function hasMoved(before: Progress, after: Progress): boolean {
  const hasSent = before.queuedBytes > 0 && after.sentBytes > before.sentBytes + MAX_QUESTION_BYTES
  return hasSent || after.receivedBytes > before.receivedBytes
}

/**
 * Counts the bytes of each connection's streams, including libp2p's own streams. The bytes of a circuit also
 * count for the connection to its circuit relay, because the circuit is a stream of that connection.
 *
 * Counters wrap the methods of each stream, because a listener for its messages would make the stream emit
 * them before its reader is ready. Every stream passes through here before its reader gets it, so this is
 * also where its memory is bounded.
 */
export class ConnectionTraffic {
  readonly #byConnection = new WeakMap<Connection, Traffic>()
  readonly #counted = new WeakSet<Stream>()
  /**
   * Bytes received by the carrier of each connection, including those of the multiplexer and the encryption.
   */
  readonly #carried = new WeakMap<Connection, number>()
  readonly #total = { connections: 0, inBytes: 0, outBytes: 0 }

  constructor(events: TypedEventTarget<Libp2pEvents>) {
    events.addEventListener('connection:open', ({ detail }) => this.#watch(detail))
  }

  /** Returns the traffic of a connection since it was opened. */
  of(connection: Connection): Traffic {
    return { ...(this.#byConnection.get(connection) ?? { inBytes: 0, outBytes: 0 }) }
  }

  /** Returns a connection's progress, to be compared by {@link hasMoved}. */
  progressOf(connection: Connection): Progress {
    const { inBytes, outBytes } = this.of(connection)
    const queuedBytes = queuedBytesOf(connection)
    return {
      receivedBytes: inBytes + (this.#carried.get(connection) ?? 0),
      sentBytes: outBytes - queuedBytes,
      queuedBytes,
    }
  }

  /** The traffic and number of all connections so far, including closed ones. */
  get total(): Traffic & { connections: number } {
    return { ...this.#total }
  }

  #watch(connection: Connection): void {
    this.#total.connections += 1
    this.#watchCarrier(connection)
    const muxer = muxerOf(connection)
    if (muxer === undefined) return
    const traffic: Traffic = { inBytes: 0, outBytes: 0 }
    this.#byConnection.set(connection, traffic)
    const createStream = muxer.createStream.bind(muxer)
    muxer.createStream = async (...args) => {
      const stream = await createStream(...args)
      this.#count(stream, traffic)
      return stream
    }
    muxer.addEventListener('stream', (event) => {
      if ('detail' in event) this.#count(event.detail as Stream, traffic)
    })
    for (const stream of muxer.streams) this.#count(stream, traffic)
  }

  #watchCarrier(connection: Connection): void {
    const carrier = carrierOf(connection)
    if (carrier === undefined) return
    const onData = carrier.onData.bind(carrier)
    this.#carried.set(connection, 0)
    carrier.onData = (data) => {
      this.#carried.set(connection, (this.#carried.get(connection) ?? 0) + data.byteLength)
      onData(data)
    }
  }

  #count(stream: Stream, traffic: Traffic): void {
    if (!isOpenStream(stream) || this.#counted.has(stream)) return
    this.#counted.add(stream)
    boundStream(stream)
    // These bytes were received before the counter was in place.
    this.#add(traffic, 'inBytes', stream.readBufferLength)
    const onData = stream.onData.bind(stream)
    const sendData = stream.sendData.bind(stream)
    stream.onData = (data) => {
      this.#add(traffic, 'inBytes', data.byteLength)
      onData(data)
    }
    stream.sendData = (data) => {
      const result = sendData(data)
      this.#add(traffic, 'outBytes', result.sentBytes)
      return result
    }
  }

  #add(traffic: Traffic, direction: keyof Traffic, bytes: number): void {
    traffic[direction] += bytes
    this.#total[direction] += bytes
  }
}

function muxerOf(connection: object): Muxer | undefined {
  if (!('muxer' in connection)) return undefined
  const { muxer } = connection
  return muxer instanceof EventTarget && 'streams' in muxer && 'createStream' in muxer
    ? (muxer as Muxer)
    : undefined
}

function carrierOf(connection: object): Carrier | undefined {
  const carrier = memberOf(connection, 'maConn')
  return carrier !== undefined && 'onData' in carrier ? (carrier as Carrier) : undefined
}

/**
 * Returns the bytes queued by a connection's TCP socket, its WebSocket, the stream that carries its circuit,
 * or its data channels.
 */
function queuedBytesOf(connection: Connection): number {
  const carrier = memberOf(connection, 'maConn') ?? {}
  const channels = connection.streams.map((stream) => numberIn(memberOf(stream, 'channel'), 'bufferedAmount'))
  return (
    numberIn(memberOf(carrier, 'socket'), 'writableLength') +
    numberIn(memberOf(carrier, 'websocket'), 'bufferedAmount') +
    numberIn(memberOf(carrier, 'stream'), 'writeBufferLength') +
    channels.reduce((sum, bytes) => sum + bytes, 0)
  )
}

function memberOf(object: object, name: string): object | undefined {
  const member: unknown = Reflect.get(object, name)
  return typeof member === 'object' && member !== null ? member : undefined
}

function numberIn(object: object | undefined, name: string): number {
  const value: unknown = object === undefined ? undefined : Reflect.get(object, name)
  return typeof value === 'number' ? value : 0
}

function isOpenStream(stream: Stream): stream is OpenStream {
  return 'onData' in stream && 'sendData' in stream
}
