import type { AcceptedWebSocket, AcceptWebSocketOptions, WebSocketHandlers } from './server-socket.ts'
import { DEFAULT_MAX_MESSAGE_BYTES } from './server-socket.ts'
import { DEFAULT_CLOSE_TIMEOUT_MS } from '../close-frame.ts'
import { createSocketCounters } from '../counters.ts'
import { Endpoint } from './endpoint.ts'
import { DEFAULT_WINDOW_BYTES } from '../messages.ts'

/**
 * Serves the socket of a page over the port that `createWebSocketConstructor` passed to its `open`.
 *
 * Nothing else may use the port. Whatever arrives on it, nothing here throws: malformed messages are counted
 * and ignored. A MessagePort doesn't report that its other side has died, so call `drop` when you learn it
 * another way, such as by a Web Lock.
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
