/**
 * A WebSocket over a MessagePort: the constructor for the page, and the server's end for a worker.
 * Independent of what it carries.
 */
export { acceptWebSocket } from './server/accept.ts'
export type {
  AcceptedWebSocket,
  AcceptWebSocketOptions,
  WebSocketClosed,
  WebSocketHandlers,
  WebSocketRequest,
} from './server/server-socket.ts'
export { DEFAULT_MAX_MESSAGE_BYTES } from './server/server-socket.ts'
export { DEFAULT_CLOSE_TIMEOUT_MS } from './close-frame.ts'
export { createSocketCounters } from './counters.ts'
export type { SocketCounters } from './counters.ts'
export { createWebSocketConstructor } from './page/constructor.ts'
export type { WebSocketConstructor, WebSocketConstructorInit } from './page/constructor.ts'
export { DEFAULT_WINDOW_BYTES, MESSAGE_OVERHEAD_BYTES } from './messages.ts'
