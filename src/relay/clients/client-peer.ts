import type { Connection, Stream } from '@libp2p/interface'
import type { DialRequest } from '../dialing/dial-request.ts'
import type { LinkDescription } from '../dialing/link.ts'
import type { ProtocolListeners } from './protocol-listeners.ts'

/** A stream that a client may use, and the link that carries it: undefined between two clients of the same peer. */
export interface OpenedStream {
  stream: Stream
  link: Connection | undefined
}

/** What clients use of the running peer. */
export interface ClientPeer {
  readonly id: string
  readonly listeners: ProtocolListeners
  /** Opens a stream to another peer, or to another client of this one. Rejects with a DialError. */
  dial(request: DialRequest, signal: AbortSignal): Promise<OpenedStream>
  /** Describes the link of a lost stream for its client; `error` is what the stream ended with, if anything. */
  describeLink(link: Connection, error: Error | undefined): LinkDescription
  /** Must be called when a stream was lost with its link: the peer may be dialled again. */
  linkLost(link: Connection, error: Error | undefined): void
}
