import type { SocketCounters } from '../counters.ts'

/** The longest message that a page may send, in bytes. A longer one closes the socket with code 1009. */
export const DEFAULT_MAX_MESSAGE_BYTES = 4_194_304

/** The request of a page. */
export interface WebSocketRequest {
  /** The absolute `ws:` or `wss:` URL, the same as the `url` attribute in the page. */
  url: string
  /** The subprotocols that the page offers, in order of preference; often none. */
  protocols: string[]
}

/**
 * How a socket ended, as in a `CloseEvent`: code 1005 for a Close frame without a code, 1006 without a Close
 * frame.
 */
export interface WebSocketClosed {
  code: number
  reason: string
  /** Whether both ends sent a Close frame. */
  wasClean: boolean
}

/**
 * The handlers of one socket. An exception in one of them is reported as an uncaught error and has no other
 * effect.
 */
export interface WebSocketHandlers {
  /** Called first, and once: answer with `accept` or `refuse`, now or later. */
  open(request: WebSocketRequest): void

  /**
   * Called for each message, with text as a string. The array spans its whole buffer, and you may keep it.
   *
   * While a returned promise is pending, the message counts in the page's `bufferedAmount` and uses its
   * credit. It should not reject.
   */
  message(data: Uint8Array<ArrayBuffer> | string): void | Promise<void>

  /** Called when there is room again after `send` returned false. */
  drain?(): void

  /** Called last, and once, when the socket has ended. Not called without `open`, nor after `refuse`. */
  closed?(event: WebSocketClosed): void
}

/** Bounds of one socket. */
export interface AcceptWebSocketOptions {
  /**
   * Bytes that the page may send ahead of what `message` has finished with; default `DEFAULT_WINDOW_BYTES`.
   */
  windowBytes?: number
  /** The longest message of the page, in bytes; default {@link DEFAULT_MAX_MESSAGE_BYTES}. */
  maxMessageBytes?: number
  /** Milliseconds that the page has to answer a Close frame; default `DEFAULT_CLOSE_TIMEOUT_MS`. */
  closeTimeoutMs?: number
  /** Where misbehaviour is counted; default new counters. */
  counters?: SocketCounters
}

/** The server's end of a page's WebSocket. */
export interface AcceptedWebSocket {
  /** The request of the page; undefined until `open` is called. */
  readonly request: WebSocketRequest | undefined

  /**
   * Bytes passed to `send` that the page's handlers have not seen. It falls 20 ms after they ran, or later in
   * a hidden page.
   */
  readonly bufferedAmount: number

  /** What the page did wrong on this socket. */
  readonly counters: SocketCounters

  /**
   * Opens the socket. `protocol` is one of those offered, or `''` (the default) for none. As with a real
   * server, the page's connection fails if it offered protocols and you choose none, or one that it didn't
   * offer.
   *
   * Does nothing if the page has given up meanwhile. Throws DOMException InvalidStateError before `open` is
   * called, and if the request has been answered.
   */
  accept(protocol?: string): void

  /**
   * Refuses the request: the page gets `error` and close 1006. Throws as {@link AcceptedWebSocket.accept}
   * does.
   */
  refuse(): void

  /**
   * Sends one message: an array as binary, a string as text (lone surrogates become U+FFFD).
   *
   * If the array spans its whole buffer, the buffer is transferred, and the array becomes empty immediately
   * or soon after. Otherwise its bytes are copied.
   *
   * Returns false if the page's window is used up: the message is queued, and `drain` is called later. After
   * `close` or the end of the socket it does nothing and returns true. Throws DOMException InvalidStateError
   * before `accept`.
   */
  send(data: Uint8Array<ArrayBuffer> | string): boolean

  /**
   * Holds back messages and the page's Close frame until {@link AcceptedWebSocket.resume}. What arrives is
   * bounded by the window.
   */
  pause(): void

  /** Delivers what was held back, before it returns, unless a handler pauses the socket again. */
  resume(): void

  /**
   * Starts the closing handshake after everything that was sent; `message` is not called any more. Without
   * `code` the page sees 1005. Before `accept` it does the same as `refuse`. Does nothing if the socket is
   * closing or closed.
   *
   * Throws DOMException InvalidAccessError unless a server may send the code (1000–1003, 1007–1014,
   * 3000–4999), and SyntaxError if the reason is longer than 123 bytes of UTF-8.
   */
  close(code?: number, reason?: string): void

  /**
   * Ends the socket immediately, without a handshake, as when a server's process dies. The page, if it still
   * exists, gets close 1006, with `error` only if the socket was not open yet. `closed` is called before this
   * returns.
   */
  drop(): void
}
