import type { Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { once } from 'node:events'
import { Transform } from 'node:stream'

/** Seconds between two slices of what a slow path passes on. */
const SLICE_SECONDS = 0.02

/**
 * The path of TCP connections, which can be slowed down, or cut without either end being told: no FIN, no
 * RST, nothing.
 */
export interface TcpProxy {
  port: number
  /** Passes what connects from now on to another port. */
  retarget(port: number): void
  /** Nothing passes any more, on connections that stand and on new ones, which are accepted. */
  cut(): void
  /** New connections pass; those that were cut stay dead, as after a change of network. */
  restore(): void
  /**
   * From now on so many bytes pass per second on each connection, in each direction; what comes faster waits
   * in buffers.
   */
  slow(bytesPerSecond: number): void
  close(): Promise<void>
}

/**
 * Listens on a free port of 127.0.0.1 and passes everything on to `target` there, the end of a connection
 * too.
 */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  const cutSockets = new WeakSet<Socket>()
  let isCut = false
  let port = target
  let rate = Infinity
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
  const cutOff = (socket: Socket): void => {
    cutSockets.add(socket)
    socket.unpipe()
    socket.pause()
  }
  const server = createServer((near) => {
    const far = connect({ host: '127.0.0.1', port })
    const pair = [
      [near, far],
      [far, near],
    ] as const
    for (const [socket, other] of pair) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        // What becomes of one end is not passed on where nothing is.
        if (!cutSockets.has(socket)) other.destroy()
      })
      if (isCut) cutOff(socket)
      else socket.pipe(paced()).pipe(other)
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
    restore() {
      isCut = false
    },
    slow(bytesPerSecond) {
      rate = bytesPerSecond
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
