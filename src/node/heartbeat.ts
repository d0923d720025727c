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

  const sign = (): string => `${connection.bytesRead} ${connection.bytesWritten - connection.writableLength}`

  const probe = (): void => {
    if (socket.readyState !== socket.OPEN) return
    socket.ping()
    const before = sign()
    deadline = setTimeout(() => {
      deadline = undefined
      // While nothing is read, its pong is not seen either. The pings still go out: to a client that is gone they fail,
      // which ends the connection.
      if (isPaused()) return
      if (sign() === before) socket.terminate()
      else probe()
    }, pongTimeoutMs)
  }

  const interval = setInterval(() => {
    if (deadline === undefined) probe()
  }, pingIntervalMs)

  const answered = (): void => {
    clearTimeout(deadline)
    deadline = undefined
  }
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
