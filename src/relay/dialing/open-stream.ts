import type { Connection, Stream } from '@libp2p/interface'
import { DialError } from './dial-error.ts'

/** Streams that one link may carry in each direction for one protocol of a client. */
export const MAX_STREAMS_PER_PROTOCOL = 1000

/** The peer was reached and doesn't serve the protocol, so no other way to it would help. */
export class UnservedError extends DialError {
  constructor(protocol: string, options?: ErrorOptions) {
    super(`the peer does not serve ${protocol}`, options)
  }
}

/**
 * Opens an ordinary stream on a link, also on a circuit with limits. Rejects with {@link UnservedError} if
 * the peer doesn't serve it.
 */
export async function openStream(link: Connection, protocol: string, signal: AbortSignal): Promise<Stream> {
  try {
    return await link.newStream(protocol, {
      signal,
      runOnLimitedConnection: true,
      maxOutboundStreams: MAX_STREAMS_PER_PROTOCOL,
    })
  } catch (error) {
    if (error instanceof Error && error.name === 'UnsupportedProtocolError')
      throw new UnservedError(protocol, { cause: error })
    throw error
  }
}
