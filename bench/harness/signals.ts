import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { WebSocket } from 'ws'
import { WebSocketServer } from 'ws'

/**
 * Forwards text between everyone who is connected under the same path: what two pages need before they have a
 * channel.
 */
export interface SignalServer {
  /** `ws://127.0.0.1:PORT`. */
  url: string
  close(): Promise<void>
}

export async function startSignals(): Promise<SignalServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const paths = new WeakMap<WebSocket, string>()
  server.on('connection', (socket, request) => {
    paths.set(socket, request.url ?? '')
    socket.on('message', (data: Buffer) => {
      for (const other of server.clients) {
        if (other !== socket && paths.get(other) === request.url) other.send(data.toString())
      }
    })
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `ws://127.0.0.1:${port}`,
    async close() {
      for (const socket of server.clients) socket.terminate()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
