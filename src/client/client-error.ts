/** The stable codes of {@link ClientError}. Each is explained in `docs/client.md`. */
export type ClientErrorCode =
  /** The WebSocket never opened, or ended before the relay said Hello. */
  | 'ERR_RELAY_UNREACHABLE'
  /** The WebSocket to the relay ended. Everything that was waiting fails with this. */
  | 'ERR_RELAY_LOST'
  /** The relay refused to let this client listen on the protocol. */
  | 'ERR_LISTEN_REFUSED'
  /** The relay could not reach the peer. The message says what it tried. */
  | 'ERR_DIAL_REFUSED'
  /** The connection ended, but not by the remote's end of stream or this side's `close()`. */
  | 'ERR_CONNECTION_CLOSED'
  /** The connection was closed because the page did not read its messages. */
  | 'ERR_READ_QUEUE_FULL'
  /** The page did not wait after `send` returned false. The message was not sent. */
  | 'ERR_SEND_QUEUE_FULL'
  /** The message is larger than a relay accepts. It was not sent. */
  | 'ERR_MESSAGE_TOO_LARGE'
  /** The relay sent a Protocol Error, or violated the protocol. */
  | 'ERR_PROTOCOL'
  /** The relay did not answer in time. */
  | 'ERR_TIMEOUT'
  /** Too many dials are pending. */
  | 'ERR_TOO_MANY_DIALS'
  /** The relay doesn't know the subprotocol, which this call needs. */
  | 'ERR_NOT_SUPPORTED'
  /** A protocol, peer or relay can't be encoded in a message. */
  | 'ERR_INVALID_ARGUMENT'

/**
 * The error class of the client. Only aborted calls reject with their signal's reason instead.
 *
 * `message` is for people, `code` for programs.
 */
export class ClientError extends Error {
  override readonly name = 'ClientError'
  readonly code: ClientErrorCode

  constructor(code: ClientErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
