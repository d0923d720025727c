import type { AcceptedWebSocket, AcceptWebSocketOptions, WebSocketHandlers } from './server-socket.ts'
import { DEFAULT_MAX_MESSAGE_BYTES } from './server-socket.ts'
import { DEFAULT_CLOSE_TIMEOUT_MS } from '../close-frame.ts'
import { createSocketCounters } from '../counters.ts'
import { Endpoint } from '../endpoint.ts'
import { DEFAULT_WINDOW_BYTES } from '../messages.ts'

/**
 * Takes one end of a port that `createWebSocketConstructor` gave to its `open`, and is the server of the socket at the other.
 *
 * The port is this socket's alone. Whatever comes over it, nothing here throws: a malformed message is counted and ignored.
 * A MessagePort does not tell that its other side has died: whoever learns that (by a Web Lock) calls `drop`.
 */
export function acceptWebSocket(
  port: MessagePort,
  handlers: WebSocketHandlers,
  options: AcceptWebSocketOptions = {},
): AcceptedWebSocket {
  return new Endpoint(port, handlers, {
    windowBytes: options.windowBytes ?? DEFAULT_WINDOW_BYTES,
    maxMessageBytes: options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES,
    closeTimeoutMs: options.closeTimeoutMs ?? DEFAULT_CLOSE_TIMEOUT_MS,
    counters: options.counters ?? createSocketCounters(),
  })
}
