import type { Stream } from '@libp2p/interface'
import type { DialRequest } from '../dialing/dial-request.ts'
import type { StreamLink } from '../dialing/stream-link.ts'
import type { ProtocolListeners } from './protocol-listeners.ts'

/** A stream that a client may use, and what carries it. */
export interface OpenedStream {
  stream: Stream
  link: StreamLink
}

/** What clients use of the running peer. */
export interface ClientPeer {
  readonly id: string
  readonly listeners: ProtocolListeners
  /** Opens a stream to another peer, or to another client of this one. Rejects with a DialError. */
  dial(request: DialRequest, signal: AbortSignal): Promise<OpenedStream>
}
