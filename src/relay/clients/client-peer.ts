import type { Stream } from '@libp2p/interface'
import type { DialRequest } from '../dialing/dial-request.ts'
import type { StreamLink } from '../dialing/stream-link.ts'
import type { ProtocolListeners } from './protocol-listeners.ts'

/** A stream that a client may use, and what carries it. */
export interface OpenedStream {
  stream: Stream
  link: StreamLink
}

/** A peer that was found in a namespace. */
export interface FoundPeer {
  peer: string
  /** Without the peer's own `/p2p/…` at the end. */
  addresses: string[]
}

/** What clients use of the running peer. */
export interface ClientPeer {
  readonly id: string
  readonly listeners: ProtocolListeners
  /** Opens a stream to another peer, or to another client of this one. Rejects with a DialError. */
  dial(request: DialRequest, signal: AbortSignal): Promise<OpenedStream>
  /** Returns why this peer can't look in one more namespace; undefined if it can. */
  refusalOfFind(namespace: string): string | undefined
  /**
   * Registers the peer under a namespace and reports the others that are registered there, each again when it
   * has registered with a newer record. Returns the function that ends it.
   */
  find(namespace: string, found: (peer: FoundPeer) => void): () => void
}
