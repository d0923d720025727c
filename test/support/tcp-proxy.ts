import type { Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { once } from 'node:events'
import { Transform } from 'node:stream'

/** Seconds between two portions of data on a slow path. */
const SLICE_SECONDS = 0.02

/**
 * A path for TCP connections that can be slowed down, or cut without either end noticing: no FIN, no RST,
 * nothing.
 */
export interface TcpProxy {
  port: number
  /** Forwards new connections to another port from now on. */
  retarget(port: number): void
  /** Forwards nothing more on existing connections, nor on new ones, which are still accepted. */
  cut(): void
  /** Resets existing connections, and new ones as soon as they arrive. */
  reset(): void
  /** Forwards new connections; those that were cut stay dead, as after a change of network. */
  restore(): void
  /**
   * Forwards so many bytes per second from now on, on each connection and in each direction; the rest waits
   * in buffers.
   */
  slow(bytesPerSecond: number): void
  /**
   * Forwards everything so many milliseconds later, in each direction, on connections that come from now on.
   */
  delay(ms: number): void
  close(): Promise<void>
}

/**
 * Listens on a free port of 127.0.0.1 and forwards everything to `target` there, including the end of a
 * connection.
 */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  const cutSockets = new WeakSet<Socket>()
  let isCut = false
  let isResetting = false
  let port = target
  let rate = Infinity
  let delayMs = 0
  const paced = (): Transform =>
    new Transform({
      transform(chunk: Buffer, _, done) {
        const pass = (start: number): void => {
          const slice = chunk.subarray(start, start + Math.max(1, Math.floor(rate * SLICE_SECONDS)))
          this.push(slice)
          const next = start + slice.byteLength
          setTimeout(() => (next < chunk.byteLength ? pass(next) : done()), (slice.byteLength / rate) * 1_000)
        }
        if (rate === Infinity) done(null, chunk)
        else pass(0)
      },
    })
  const delayed = (ms: number): Transform =>
    new Transform({
      // Timers of the same length fire in the order in which they were set.
      transform(chunk: Buffer, _, done) {
        setTimeout(() => this.push(chunk), ms)
        done()
      },
      flush(done) {
        setTimeout(done, ms)
      },
    })
  const cutOff = (socket: Socket): void => {
    cutSockets.add(socket)
    socket.unpipe()
    socket.pause()
  }
  const server = createServer({ noDelay: true }, (near) => {
    if (isResetting) {
      near.resetAndDestroy()
      return
    }
    const far = connect({ host: '127.0.0.1', port, noDelay: true })
    const pair = [
      [near, far],
      [far, near],
    ] as const
    for (const [socket, other] of pair) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        // While the path is cut, the end of one side is not forwarded.
        if (!cutSockets.has(socket)) other.destroy()
      })
      if (isCut) cutOff(socket)
      else if (delayMs === 0) socket.pipe(paced()).pipe(other)
      else socket.pipe(delayed(delayMs)).pipe(paced()).pipe(other)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy does not listen')
  return {
    port: address.port,
    retarget(other) {
      port = other
    },
    cut() {
      isCut = true
      for (const socket of sockets) cutOff(socket)
    },
    reset() {
      isResetting = true
      for (const socket of sockets) socket.resetAndDestroy()
    },
    restore() {
      isCut = false
      isResetting = false
    },
    slow(bytesPerSecond) {
      rate = bytesPerSecond
    },
    delay(ms) {
      delayMs = ms
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
