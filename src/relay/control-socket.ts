/**
 * One client's control socket as the relay sees it. A host (a `ws` connection, one end of a MessagePort) implements it,
 * hands it to `Relay.accept`, and calls the {@link ControlSocketHandlers} that it gets back.
 */
export interface ControlSocket {
  /**
   * Sends one binary message and takes the buffer over: the caller never touches it again.
   *
   * False means that the client is not keeping up: the message is queued, and `drain` is called once there is room.
   * After `close` it does nothing and gives true.
   */
  send(message: Uint8Array<ArrayBuffer>): boolean

  /** Delivers no further `message` until {@link resume}; the sender is slowed down and nothing is lost. */
  pause(): void

  resume(): void

  /** Begins the closing handshake, with a code and a reason (at most 123 bytes) as in the WHATWG WebSockets standard. */
  close(code: number, reason: string): void
}

/**
 * Whether a client closed its socket in order: without a code, with 1000, or with one of its own (3000–4999). Any other code says that it
 * crashed, was cut off, is a page that is left (1001) or was closed by this side, so what it sent need not be all that it had to send.
 */
export function isOrderlyEnd({ code }: { code: number }): boolean {
  return code === 1000 || code === 1005 || code >= 3000
}

/** What the host tells the relay. None of these throws. */
export interface ControlSocketHandlers {
  /**
   * One message of the client: text is not part of the protocol and is answered with a Protocol Error.
   *
   * A promise settles once the message has been handed on and its bytes are no longer held: a host that counts credit
   * gives it back then. Without a promise it has been already. It never rejects.
   */
  message(data: Uint8Array | string): void | Promise<void>

  /** There is room again, after `send` gave false. */
  drain(): void

  /** The socket is gone, however that came about; nothing is called after it. `code` is as in a `CloseEvent`: 1006 without a Close frame. */
  closed(end: { code: number }): void
}
