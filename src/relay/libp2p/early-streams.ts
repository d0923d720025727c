import type { Connection, Libp2pEvents, Stream, TypedEventTarget } from '@libp2p/interface'
import { patiently, timeoutSignal } from '../timeouts.ts'

/**
 * Streams opened on a connection before the other side has shown that it takes streams. js-libp2p holds ten of them until its
 * own upgrade of the connection is done, and aborts the connection at the eleventh.
 */
export const MAX_EARLY_STREAMS = 8
/** Milliseconds that a stream waits for its turn if its opener gives no signal: js-libp2p's own time for a negotiation. */
const DEFAULT_TIMEOUT_MS = 10_000

/** The multiplexer of a connection, which js-libp2p keeps private. It tells of the streams that the other side opens. */
interface WithMuxer {
  readonly muxer: EventTarget
}

/**
 * Keeps every fresh connection from being aborted by the other side because too many streams came at once. It applies to all
 * that open streams, so that identify and requests to circuit relays count as well.
 *
 * After {@link MAX_EARLY_STREAMS} further streams wait for the first answer, which is a negotiated protocol, a refused one, or
 * a stream of the other side's own.
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
  // Those that wait fail with js-libp2p's own error for a closed connection.
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
