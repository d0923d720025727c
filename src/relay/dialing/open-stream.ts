import type { Connection, Stream } from '@libp2p/interface'
import { DialError } from './dial-error.ts'

/** Streams that one link may carry in each direction for one protocol of a client. */
export const MAX_STREAMS_PER_PROTOCOL = 1000

/** A stream that a Connect has opened, and the link that carries it. */
export interface Dialed {
  stream: Stream
  link: Connection
}

/** The peer was reached but doesn't serve the protocol, so no other path to it would help. */
export class UnservedError extends DialError {}

/**
 * Opens a stream on a link, also on a circuit with limits. Rejects with {@link UnservedError} if the peer
 * doesn't serve it.
 */
export async function openStream(link: Connection, protocol: string, signal: AbortSignal): Promise<Dialed> {
  try {
    const stream = await link.newStream(protocol, {
      signal,
      runOnLimitedConnection: true,
      maxOutboundStreams: MAX_STREAMS_PER_PROTOCOL,
    })
    return { stream, link }
  } catch (error) {
    if (error instanceof Error && error.name === 'UnsupportedProtocolError')
      throw new UnservedError(`the peer does not serve ${protocol}`, { cause: error })
    throw error
  }
}

/**
 * Opens a stream on the link that `connect` returns. If that link dies before the stream is open, connects
 * once more.
 */
export async function openStreamOver(
  connect: () => Promise<Connection>,
  protocol: string,
  signal: AbortSignal,
): Promise<Dialed> {
  const link = await connect()
  try {
    return await openStream(link, protocol, signal)
  } catch (error) {
    if (error instanceof UnservedError || signal.aborted || link.status === 'open') throw error
    return await openStream(await connect(), protocol, signal)
  }
}
