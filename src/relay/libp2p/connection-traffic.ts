import type { Connection, Libp2pEvents, Stream, TypedEventTarget } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'
import type { Traffic } from '../../status/index.ts'
import { boundStream } from './stream-bounds.ts'

/** What every stream of js-libp2p has, though it is no part of the interface: where bytes come in and go out. */
interface OpenStream extends Stream {
  onData(data: Uint8Array | Uint8ArrayList): void
  sendData(data: Uint8ArrayList): { sentBytes: number }
}

/** What carries a connection, which js-libp2p keeps to itself as well: all of its bytes come in here, but those of WebRTC. */
interface Carrier {
  onData(data: Uint8Array | Uint8ArrayList): void
}

/** The multiplexer of a connection, which js-libp2p keeps to itself: every stream begins there. */
interface Muxer extends EventTarget {
  streams: Stream[]
  createStream(...args: unknown[]): Promise<Stream>
}

/** What a connection has moved so far. */
export interface Progress {
  /** Bytes that came in, those of the multiplexer and the encryption included. */
  receivedBytes: number
  /** Bytes that have left this side's own queue. */
  sentBytes: number
  /** Bytes that wait in that queue, because the system or the other side takes no more for now. */
  queuedBytes: number
}

/** Bytes of a question whether the other side is there: that they leave the queue proves nothing. */
const MAX_QUESTION_BYTES = 1_024

/**
 * Whether the other side has shown itself between the two: bytes have come in, or what was queued moves on. Bytes that leave without a
 * queue prove nothing, as the system takes some for a connection that is dead.
 */
export function hasMoved(before: Progress, after: Progress): boolean {
  const hasSent = before.queuedBytes > 0 && after.sentBytes > before.sentBytes + MAX_QUESTION_BYTES
  return hasSent || after.receivedBytes > before.receivedBytes
}

/**
 * The bytes of each connection's streams, of libp2p's own ones too: a circuit through a relay is a stream of the connection to that
 * relay.
 *
 * A counter stands in each stream where bytes pass, and adds: to listen for a stream's messages instead would make it give them
 * away before their reader is there. It is the one place that sees every stream before its reader does, so each gets its bounds here too.
 */
export class ConnectionTraffic {
  readonly #byConnection = new WeakMap<Connection, Traffic>()
  readonly #counted = new WeakSet<Stream>()
  /** Bytes that came in by what carries a connection: those of its multiplexer and its encryption are among them. */
  readonly #carried = new WeakMap<Connection, number>()
  readonly #total = { connections: 0, inBytes: 0, outBytes: 0 }

  constructor(events: TypedEventTarget<Libp2pEvents>) {
    events.addEventListener('connection:open', ({ detail }) => this.#watch(detail))
  }

  /** Since the connection was opened. */
  of(connection: Connection): Traffic {
    return { ...(this.#byConnection.get(connection) ?? { inBytes: 0, outBytes: 0 }) }
  }

  /** How far the connection has come, to be compared by {@link hasMoved}. */
  progressOf(connection: Connection): Progress {
    const { inBytes, outBytes } = this.of(connection)
    const queuedBytes = queuedBytesOf(connection)
    return {
      receivedBytes: inBytes + (this.#carried.get(connection) ?? 0),
      sentBytes: outBytes - queuedBytes,
      queuedBytes,
    }
  }

  /** Of all connections that there have been. */
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
    // What it holds already has come before the counter was there.
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

/** The queue in front of a connection: of its TCP socket, its WebSocket, the stream to the relay of its circuit, or its channels. */
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
