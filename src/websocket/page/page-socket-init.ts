import type { SocketCounters } from '../counters.ts'
import type { Platform } from './platform.ts'
import type { TaskQueue } from './task-queue.ts'

/** What a `PageSocket` is made from. */
export interface PageSocketInit {
  platform: Platform
  tasks: TaskQueue
  counters: SocketCounters
  /** Serialized, in its `ws:` or `wss:` form. */
  url: string
  /** The `origin` of its message events. */
  origin: string
  /** Valid and distinct. */
  protocols: string[]
  port: MessagePort
  /** Bytes that the server's end may send ahead of the handlers. */
  windowBytes: number
  /** Milliseconds that a closing handshake may go without progress. */
  closeTimeoutMs: number
  /** Called once, when the socket is closed, before its last events. */
  ended(): void
}
