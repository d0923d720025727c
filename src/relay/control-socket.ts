/**
 * One client's control socket, which the host implements over a `ws` connection or a MessagePort. The host
 * passes it to `Relay.accept` and calls the {@link ControlSocketHandlers} that it gets back.
 */
export interface ControlSocket {
  /**
   * Sends one binary message. The buffer now belongs to the socket: the caller never touches it again.
   *
   * Returns false if the client doesn't keep up: the message is queued, and `drain` is called once there is
   * room. After `close` it does nothing and returns true.
   */
  send(message: Uint8Array<ArrayBuffer>): boolean

  /** Holds back messages until {@link resume}. The sender is slowed down, and nothing is lost. */
  pause(): void

  resume(): void

  /**
   * Starts the closing handshake, with a code and a reason of at most 123 bytes as in the WHATWG WebSockets
   * standard.
   */
  close(code: number, reason: string): void
}

/**
 * Returns whether a client closed its socket in order: without a code, with 1000 or with a code of its own
 * (3000–4999). With any other code it crashed, was cut off, left the page (1001) or was closed by this side,
 * and may have had more to send.
 */
export function isOrderlyEnd({ code }: { code: number }): boolean {
  return code === 1000 || code === 1005 || code >= 3000
}

/** The events that the host reports to the relay. None of these functions throws. */
export interface ControlSocketHandlers {
  /**
   * The client sent one message. Text is not part of the protocol and is answered with a Protocol Error.
   *
   * If the relay still holds the message's bytes, returns a promise that resolves once they have been passed
   * on. A host with credit-based flow control then returns the credit. The promise never rejects.
   */
  message(data: Uint8Array | string): void | Promise<void>

  /** The socket has room again, after `send` returned false. */
  drain(): void

  /**
   * The socket is gone, for whatever reason. Nothing is called after this. `code` is as in a `CloseEvent`:
   * 1006 without a Close frame.
   */
  closed(end: { code: number }): void
}
