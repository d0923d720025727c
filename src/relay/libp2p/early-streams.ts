import type { Connection, Libp2pEvents, Stream, TypedEventTarget } from '@libp2p/interface'
import { raceSignal, timeoutSignal } from '../timeouts.ts'

/**
 * Streams that may be opened on a connection before the other side has answered on it. js-libp2p queues ten
 * streams until it has finished its upgrade of the connection, and aborts the connection at the eleventh.
 */
export const MAX_EARLY_STREAMS = 8
/**
 * Milliseconds that a stream waits if its opener passes no signal. js-libp2p's own timeout for a negotiation
 * is as long.
 */
const DEFAULT_TIMEOUT_MS = 10_000

/**
 * The multiplexer of a connection, which js-libp2p keeps private. Its `stream` event announces streams of the
 * other side.
 */
interface WithMuxer {
  readonly muxer: EventTarget & { createStream(options: { signal: AbortSignal }): Promise<Stream> }
}

const limits = new WeakMap<Connection, EarlyStreams>()

/**
 * Keeps the other side from aborting new connections because too many streams arrive at once. All streams
 * count, those of identify and of circuit relay requests included.
 *
 * After {@link MAX_EARLY_STREAMS} streams, further ones wait for the first answer: a protocol that is
 * accepted or refused, or a stream that the other side opens.
 */
export function limitEarlyStreams(events: TypedEventTarget<Libp2pEvents>): void {
  events.addEventListener('connection:open', ({ detail }) => {
    if (hasMuxer(detail)) limits.set(detail, new EarlyStreams(detail))
  })
}

/**
 * Opens a stream without negotiating a protocol on it: its `protocol` is empty, and the caller proposes one.
 * js-libp2p would wait for the answer. Rejects with the reason of `signal`, or if the connection has closed.
 */
export async function openRawStream(connection: Connection, signal: AbortSignal): Promise<Stream> {
  if (!hasMuxer(connection)) throw new Error('js-libp2p has changed: a connection has no muxer')
  const early = limits.get(connection)
  await early?.admit(signal)
  const stream = await connection.muxer.createStream({ signal })
  if (early !== undefined) stream.addEventListener('message', () => early.answered(), { once: true })
  return stream
}

/** Counts the streams of one connection until the other side has answered. */
class EarlyStreams {
  readonly #firstAnswer = Promise.withResolvers<void>()
  #isAnswered = false
  #count = 0

  constructor(connection: Connection & WithMuxer) {
    const answered = (): void => this.answered()
    connection.muxer.addEventListener('stream', answered, { once: true })
    // The waiting streams then fail with js-libp2p's own error for a closed connection.
    connection.addEventListener('close', answered, { once: true })
    const openStream: Connection['newStream'] = connection.newStream.bind(connection)
    connection.newStream = async (protocols, options): Promise<Stream> => {
      await this.admit(options?.signal ?? timeoutSignal(DEFAULT_TIMEOUT_MS))
      try {
        const stream = await openStream(protocols, options)
        this.answered()
        return stream
      } catch (error) {
        if (error instanceof Error && error.name === 'UnsupportedProtocolError') this.answered()
        throw error
      }
    }
  }

  answered(): void {
    this.#isAnswered = true
    this.#firstAnswer.resolve()
  }

  /** Waits until one more stream may be opened. Rejects with the reason of `signal`. */
  async admit(signal: AbortSignal): Promise<void> {
    if (this.#isAnswered) return
    if (this.#count >= MAX_EARLY_STREAMS) await raceSignal(this.#firstAnswer.promise, signal)
    else this.#count += 1
  }
}

function hasMuxer(connection: Connection): connection is Connection & WithMuxer {
  return 'muxer' in connection && connection.muxer instanceof EventTarget
}
