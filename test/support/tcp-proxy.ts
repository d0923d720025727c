import type { Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { once } from 'node:events'

/** A TCP connection's way that can be cut without either end being told: no FIN, no RST, nothing. */
export interface TcpProxy {
  port: number
  /** Nothing passes any more, on connections that stand and on new ones, which are accepted. */
  cut(): void
  /** New connections pass; those that were cut stay dead, as after a change of network. */
  restore(): void
  close(): Promise<void>
}

/** Listens on a free port of 127.0.0.1 and passes everything on to `port` there. */
export async function startTcpProxy(port: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer((near) => {
    const far = connect({ host: '127.0.0.1', port })
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => sockets.delete(socket))
    }
    if (isCut) {
      near.pause()
      return
    }
    near.pipe(far)
    far.pipe(near)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy does not listen')
  return {
    port: address.port,
    cut() {
      isCut = true
      for (const socket of sockets) {
        socket.unpipe()
        socket.pause()
        // What the other end does is not passed on either.
        socket.removeAllListeners('end')
      }
    },
    restore() {
      isCut = false
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
