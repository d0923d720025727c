import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'

/** Milliseconds between two pings to a client. */
export const DEFAULT_PING_INTERVAL_MS = 30_000
/**
 * Milliseconds in which a client must answer a ping or show another sign of life. At most one message of the
 * largest size is queued before the ping, so a client must be able to read some 140 kB per second.
 */
export const DEFAULT_PONG_TIMEOUT_MS = 30_000

export interface HeartbeatInit {
  /** The WebSocket's TCP connection. */
  connection: Socket
  /** Whether reading from the client is paused, so that its pong can't be seen. */
  isPaused: () => boolean
  pingIntervalMs: number
  pongTimeoutMs: number
  /** Stops the heartbeat. */
  signal: AbortSignal
}

/**
 * Pings a client regularly, and terminates the connection if there is no sign of life within the timeout. A
 * pong, any other byte from the client, and any byte that it reads are signs of life.
 */
export function startHeartbeat(socket: WebSocket, init: HeartbeatInit): void {
  const { connection, isPaused, pingIntervalMs, pongTimeoutMs, signal } = init
  let deadline: NodeJS.Timeout | undefined
  let verdict: NodeJS.Immediate | undefined

  const progress = (): string =>
    `${connection.bytesRead} ${connection.bytesWritten - connection.writableLength}`

  const answered = (): void => {
    clearTimeout(deadline)
    clearImmediate(verdict)
    deadline = undefined
  }

  const probe = (): void => {
    socket.ping()
    const before = progress()
    deadline = setTimeout(() => {
      // If this process itself was blocked, the pong may have arrived long ago. It is read before an
      // immediate runs.
      verdict = setImmediate(() => {
        deadline = undefined
        if (isPaused() || socket.readyState !== socket.OPEN) return
        if (progress() === before) socket.terminate()
        else probe()
      })
    }, pongTimeoutMs)
  }

  const interval = setInterval(() => {
    if (socket.readyState !== socket.OPEN) return
    // While paused, no pong is seen. But a ping to a client that is gone fails, which closes the connection.
    if (isPaused()) socket.ping()
    else if (deadline === undefined) probe()
  }, pingIntervalMs)

  socket.on('pong', answered)
  signal.addEventListener(
    'abort',
    () => {
      clearInterval(interval)
      answered()
      socket.off('pong', answered)
    },
    { once: true },
  )
}
