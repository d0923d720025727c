import type { SocketCounters } from '../counters.ts'

/** The longest message that a page may send, in bytes; a longer one closes the socket with 1009. */
export const DEFAULT_MAX_MESSAGE_BYTES = 4_194_304

/** What a page asked for. */
export interface WebSocketRequest {
  /** The whole `ws:` or `wss:` URL, as the page's `url` attribute has it. */
  url: string
  /** The subprotocols it offers, best first; often none. */
  protocols: string[]
}

/** How a socket ended, as a `CloseEvent` has it: 1005 for a Close without code, 1006 for none at all. */
export interface WebSocketClosed {
  code: number
  reason: string
  /** Both ends said Close. */
  wasClean: boolean
}

/** What the holder of the other end is told. What one of these throws is reported as an uncaught error of its own. */
export interface WebSocketHandlers {
  /** The page asks: answer with `accept` or `refuse`, now or later. Called once and first. */
  open(request: WebSocketRequest): void

  /**
   * One message, text as a string. The array spans its whole buffer and is the callee's own.
   *
   * As long as a returned promise is pending the message counts in the page's `bufferedAmount` and takes up its credit.
   */
  message(data: Uint8Array<ArrayBuffer> | string): void | Promise<void>

  /** There is room again, after `send` gave false. */
  drain?(): void

  /** The socket has ended. Called once, if `open` was, and last; not called after `refuse`. */
  closed?(event: WebSocketClosed): void
}

/** Bounds of one socket, each with a named default. */
export interface AcceptWebSocketOptions {
  /** Bytes the page may send ahead of what `message` has finished with: `DEFAULT_WINDOW_BYTES`. */
  windowBytes?: number
  /** {@link DEFAULT_MAX_MESSAGE_BYTES} */
  maxMessageBytes?: number
  /** Milliseconds that the page has to answer a Close: `DEFAULT_CLOSE_TIMEOUT_MS`. */
  closeTimeoutMs?: number
  /** Where misbehaviour is counted; fresh counters by default. */
  counters?: SocketCounters
}

/** The end of a page's WebSocket that a worker, or whoever was given the port, holds. */
export interface AcceptedWebSocket {
  /** What the page asked for; undefined until `open` is called. */
  readonly request: WebSocketRequest | undefined

  /** Bytes given to `send` for which the page's message handlers have not run yet, or ran a moment ago: 20 ms, and more in a hidden page. */
  readonly bufferedAmount: number

  /** What this socket's page did wrong. */
  readonly counters: SocketCounters

  /**
   * Opens the socket. `protocol` is one of those offered, or `''` (the default) for none; as with a server, the page's
   * connection fails if it offered some and none is chosen, or one is chosen that it did not offer.
   *
   * Does nothing if the page has given up meanwhile. Throws DOMException InvalidStateError before `open` and when it was
   * answered already.
   */
  accept(protocol?: string): void

  /** The page gets `error` and close 1006. Throws as {@link AcceptedWebSocket.accept}. */
  refuse(): void

  /**
   * Sends one message: bytes as binary, a string as text (a lone surrogate becomes U+FFFD).
   *
   * An array that spans its whole buffer is taken over: the buffer is transferred, and the caller's array is empty
   * afterwards or soon after. A part of a buffer is copied.
   *
   * False when the page's window is used up: the message is queued, and `drain` follows. After the end, or after `close`, it
   * does nothing and gives true. Throws DOMException InvalidStateError before `accept`.
   */
  send(data: Uint8Array<ArrayBuffer> | string): boolean

  /** No `message`, and no end of the socket by Close, until {@link AcceptedWebSocket.resume}; what comes is bounded by the window. */
  pause(): void

  /** Delivers, before it returns, what came meanwhile, as long as nothing pauses it again. */
  resume(): void

  /**
   * Begins the closing handshake behind everything that was sent; no `message` from now on. Without `code` the page sees
   * 1005. Before `accept` it is `refuse`; when closing or closed it does nothing.
   *
   * Throws DOMException InvalidAccessError unless the code is one that a server may send (1000–1003, 1007–1014,
   * 3000–4999), and SyntaxError if the reason is longer than 123 bytes of UTF-8.
   */
  close(code?: number, reason?: string): void

  /**
   * Gives the socket up without a handshake, at once: the page, if it still lives, sees close 1006 without `error` (with
   * `error` if it was not open yet), as when a server's process dies. `closed` is called before it returns.
   */
  drop(): void
}
