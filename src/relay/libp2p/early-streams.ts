import type { Connection, Libp2pEvents, Stream, TypedEventTarget } from '@libp2p/interface'
import { patiently, timeoutSignal } from '../timeouts.ts'

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
  readonly muxer: EventTarget
}

/**
 * Keeps the other side from aborting new connections because too many streams arrive at once. All streams
 * count, those of identify and of circuit relay requests included.
 *
 * After {@link MAX_EARLY_STREAMS} streams, further ones wait for the first answer: a protocol that is
 * accepted or refused, or a stream that the other side opens.
 */
export function limitEarlyStreams(events: TypedEventTarget<Libp2pEvents>): void {
  events.addEventListener('connection:open', ({ detail }) => limit(detail))
}

function limit(connection: Connection): void {
  if (!hasMuxer(connection)) return
  const openStream: Connection['newStream'] = connection.newStream.bind(connection)
  let early = 0
  let isAnswered = false
  let answered: () => void = () => undefined
  const firstAnswer = new Promise<void>((resolve) => {
    answered = () => {
      isAnswered = true
      resolve()
    }
  })
  connection.muxer.addEventListener('stream', answered, { once: true })
  // The waiting streams then fail with js-libp2p's own error for a closed connection.
  connection.addEventListener('close', answered, { once: true })

  connection.newStream = async (protocols, options): Promise<Stream> => {
    if (!isAnswered && early >= MAX_EARLY_STREAMS)
      await patiently(firstAnswer, options?.signal ?? timeoutSignal(DEFAULT_TIMEOUT_MS))
    if (isAnswered) return await openStream(protocols, options)
    early += 1
    try {
      const stream = await openStream(protocols, options)
      answered()
      return stream
    } catch (error) {
      if (error instanceof Error && error.name === 'UnsupportedProtocolError') answered()
      throw error
    }
  }
}

function hasMuxer(connection: Connection): connection is Connection & WithMuxer {
  return 'muxer' in connection && connection.muxer instanceof EventTarget
}
