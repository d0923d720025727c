import type { Connection, Libp2pEvents, Stream, TypedEventTarget } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'
import type { Traffic } from '../status/index.ts'
import { boundStream } from './stream-bounds.ts'

/** What every stream of js-libp2p has, though it is no part of the interface: where bytes come in and go out. */
interface OpenStream extends Stream {
  onData(data: Uint8Array | Uint8ArrayList): void
  sendData(data: Uint8ArrayList): { sentBytes: number }
}

/** The multiplexer of a connection, which js-libp2p keeps to itself: every stream begins there. */
interface Muxer extends EventTarget {
  streams: Stream[]
  createStream(...args: unknown[]): Promise<Stream>
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
  readonly #total = { connections: 0, inBytes: 0, outBytes: 0 }

  constructor(events: TypedEventTarget<Libp2pEvents>) {
    events.addEventListener('connection:open', ({ detail }) => this.#watch(detail))
  }

  /** Since the connection was opened. */
  of(connection: Connection): Traffic {
    return { ...(this.#byConnection.get(connection) ?? { inBytes: 0, outBytes: 0 }) }
  }

  /** Of all connections that there have been. */
  get total(): Traffic & { connections: number } {
    return { ...this.#total }
  }

  #watch(connection: Connection): void {
    this.#total.connections += 1
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

function isOpenStream(stream: Stream): stream is OpenStream {
  return 'onData' in stream && 'sendData' in stream
}
