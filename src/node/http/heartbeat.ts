import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'

/** Milliseconds between two pings to a client. */
export const DEFAULT_PING_INTERVAL_MS = 30_000
/**
 * Milliseconds in which a client must answer a ping, or show in another way that it is there. The ping stands in line
 * behind one message of the greatest size at most, so that a client needs to take some 140 kB in a second.
 */
export const DEFAULT_PONG_TIMEOUT_MS = 30_000

export interface HeartbeatInit {
  /** The connection below the WebSocket. */
  connection: Socket
  /** Whether we read nothing from the client at present, so that its pong cannot be seen. */
  isPaused: () => boolean
  pingIntervalMs: number
  pongTimeoutMs: number
  /** Ends the heartbeat. */
  signal: AbortSignal
}

/**
 * Pings a client, and drops it when it shows no sign of life within the deadline. Signs of life are its pong, any other
 * byte from it, and bytes that it took from what waits for it.
 */
export function startHeartbeat(socket: WebSocket, init: HeartbeatInit): void {
  const { connection, isPaused, pingIntervalMs, pongTimeoutMs, signal } = init
  let deadline: NodeJS.Timeout | undefined
  let verdict: NodeJS.Immediate | undefined

  const sign = (): string => `${connection.bytesRead} ${connection.bytesWritten - connection.writableLength}`

  const answered = (): void => {
    clearTimeout(deadline)
    clearImmediate(verdict)
    deadline = undefined
  }

  const probe = (): void => {
    socket.ping()
    const before = sign()
    deadline = setTimeout(() => {
      // Where this process itself stood still, the pong may have come long ago: what has come is read before this runs.
      verdict = setImmediate(() => {
        deadline = undefined
        if (isPaused() || socket.readyState !== socket.OPEN) return
        if (sign() === before) socket.terminate()
        else probe()
      })
    }, pongTimeoutMs)
  }

  const interval = setInterval(() => {
    if (socket.readyState !== socket.OPEN) return
    // While nothing is read, no pong is seen either. But a ping to a client that is gone fails, which ends the connection.
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
