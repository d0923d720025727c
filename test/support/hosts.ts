import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import { WsControlSocket } from '../../src/node/ws-control-socket.ts'
import type { Relay } from '../../src/relay/index.ts'
import type { ClientSocket, ClientSocketEvents } from './relay-client.ts'

/** A way to reach a relay: the suite of the relay is run over each. */
export interface Host {
  name: string
  serve(relay: Relay): Promise<ServedRelay>
}

export interface ServedRelay {
  connect(events: ClientSocketEvents, options?: { mayHaveKey?: boolean }): Promise<ClientSocket>
  close(): Promise<void>
}

/** Real WebSockets on loopback, as the Node build serves them. */
export const wsHost: Host = {
  name: 'ws',
  async serve(relay) {
    const server = createServer()
    const sockets = new WebSocketServer({ server, perMessageDeflate: false })
    sockets.on('connection', (socket, request) => {
      const controlSocket = new WsControlSocket(socket, { warn: (line) => console.warn(line) })
      controlSocket.attach(relay.accept(controlSocket, { mayHaveKey: request.url !== '/nokey' }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    return {
      async connect(events, { mayHaveKey = true } = {}) {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/${mayHaveKey ? '' : 'nokey'}`)
        socket.binaryType = 'arraybuffer'
        socket.on('message', (data) => events.message(new Uint8Array(data as ArrayBuffer)))
        socket.on('close', (code) => events.closed(code))
        await new Promise<void>((resolve, reject) => {
          socket.once('open', resolve)
          socket.once('error', reject)
        })
        return {
          send: (bytes) => socket.send(bytes),
          get bufferedAmount() {
            return socket.bufferedAmount
          },
          close: () => socket.close(),
          stopReading: () => socket.pause(),
          goOnReading: () => socket.resume(),
        }
      },
      async close() {
        for (const socket of sockets.clients) socket.terminate()
        await new Promise<void>((resolve) => server.close(() => resolve()))
      },
    }
  },
}
