/** What went wrong. The codes are stable; each is a heading of `docs/client.md`. */
export type ClientErrorCode =
  /** The WebSocket never opened, or ended before the relay said Hello. */
  | 'ERR_RELAY_UNREACHABLE'
  /** The WebSocket to the relay ended: everything that waited for it fails with this. */
  | 'ERR_RELAY_LOST'
  /** The relay does not let this client listen on the protocol. */
  | 'ERR_LISTEN_REFUSED'
  /** The relay did not reach the peer; the message says what it tried. */
  | 'ERR_DIAL_REFUSED'
  /** The connection has ended, in another way than by the remote's end of stream or this side's `close()`. */
  | 'ERR_CONNECTION_CLOSED'
  /** The page did not read a connection's messages, which was closed for it. */
  | 'ERR_READ_QUEUE_FULL'
  /** The page did not wait when `send` gave false; the message was not sent. */
  | 'ERR_SEND_QUEUE_FULL'
  /** One message is larger than the relay takes; it was not sent. */
  | 'ERR_MESSAGE_TOO_LARGE'
  /** The relay sent a Protocol Error, or something that the protocol does not allow. */
  | 'ERR_PROTOCOL'
  /** The relay did not answer in time. */
  | 'ERR_TIMEOUT'
  /** Too many dials are waiting for their answer. */
  | 'ERR_TOO_MANY_DIALS'
  /** A protocol, peer or relay that has no place in a message. */
  | 'ERR_INVALID_ARGUMENT'

/**
 * The one error class of the client; what an `AbortSignal` ends rejects with the signal's reason instead.
 *
 * `message` is for a person to read, `code` for a program.
 */
export class ClientError extends Error {
  override readonly name = 'ClientError'
  readonly code: ClientErrorCode

  constructor(code: ClientErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
