import type { LinkState } from '../protocol/index.ts'
import type { TypedEventTarget } from './typed-event-target.ts'

/** How a connection ended. */
export interface ConnectionEnd {
  /**
   * The relay's reason, `EOF` for the end of the remote's stream; or this client's, if it ended the
   * connection.
   */
  reason: string
  /** Whether the remote ended its stream or this side closed, so that no incoming data was lost. */
  clean: boolean
}

/** The events of a connection. */
export interface ConnectionEventMap {
  /** `link` has changed. */
  linkchange: Event
}

/**
 * A connection to a peer that carries messages (with frames) or bytes in chunks of any size.
 *
 * Iterate over it to read. Iteration returns everything that arrived, in order. It then ends if the end was
 * clean, and otherwise throws `ERR_CONNECTION_CLOSED`. Leaving the loop leaves the connection open.
 *
 * Unread messages are queued. Above `limits.pauseAboveBytes` the client pauses the connection, which slows
 * the remote down, and resumes it when half of that is left. A relay without the subprotocol can't pause one
 * connection: there, up to `limits.maxUnreadBytes` are queued. Beyond that the connection is reset. What was
 * queued can still be read, and then iteration throws `ERR_READ_QUEUE_FULL`.
 */
export interface Connection extends AsyncIterable<Uint8Array>, TypedEventTarget<ConnectionEventMap> {
  /** The ID assigned by the relay, unique within the client. */
  readonly id: bigint
  /** The remote peer's ID. It is your own if the other end is another page of the same browser. */
  readonly peer: string
  readonly protocol: string
  /** `in` if the peer dialed, `out` if this client did. */
  readonly direction: 'in' | 'out'
  /** Whether each `send` arrives as one message. */
  readonly frames: boolean
  /**
   * How the bytes travel: `local` to another page of the same peer, `direct` to the other peer, `relayed`
   * through a circuit relay, or `interrupted` while the peers try to replace a lost link. Each change fires
   * `linkchange`. Undefined if the relay doesn't know the subprotocol.
   */
  readonly link: LinkState | undefined

  /**
   * Copies and sends bytes. Returns false if you should wait for `drain()` before sending more.
   *
   * Throws `ERR_CONNECTION_CLOSED` after the end, `ERR_SEND_QUEUE_FULL` if the queue is full, and, with
   * frames, `ERR_MESSAGE_TOO_LARGE`. Without frames, large data is sent in several pieces.
   */
  send(bytes: Uint8Array): boolean

  /** Resolves when there is room to send. Rejects with the signal's reason, or `ERR_RELAY_LOST`. */
  drain(options?: { signal?: AbortSignal }): Promise<void>

  /**
   * Ends this side's data after what was sent. You can still read until the remote ends its data too, and the
   * connection then closes. Idempotent.
   *
   * Throws `ERR_NOT_SUPPORTED` if the relay doesn't know the subprotocol.
   */
  closeWrite(): void

  /**
   * Resets the connection: the remote sees an error, and data that has not left yet is dropped. Iteration
   * throws `ERR_CONNECTION_CLOSED`. Idempotent.
   */
  reset(): void

  /**
   * Closes the connection after sent data is flushed. Unread messages are dropped, and iteration ends.
   * Idempotent.
   */
  close(): void

  /** Resolves when the relay confirms the end, or is lost. Never rejects. */
  readonly closed: Promise<ConnectionEnd>

  /**
   * The incoming data as a stream, for use instead of iteration. It takes a message only when it is read. If
   * you cancel it, further data is dropped, and the connection closes once `writable` is closed.
   */
  readonly readable: ReadableStream<Uint8Array>

  /**
   * The outgoing data as a stream. Each chunk is sent as by `send`; a write resolves when there is room for
   * another one. Closing it does what `closeWrite()` does, and aborting it resets the connection.
   */
  readonly writable: WritableStream<BufferSource>
}
