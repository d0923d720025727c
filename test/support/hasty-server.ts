import { once } from 'node:events'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { WebSocket as NodeWebSocket } from 'ws'
import { WebSocket, WebSocketServer } from 'ws'

/**
 * What go-libp2p's listener sends as soon as it is connected: a length, and the name of the negotiation
 * protocol.
 */
const MULTISTREAM = Buffer.from('\u0013/multistream/1.0.0\n')

/**
 * Sends the first message in the same packet as the handshake's response, as go-libp2p does; another peer's
 * server does the rest.
 */
export interface HastyServer {
  readonly port: number
  /** How many connections have been opened. */
  readonly opened: number
  close(): Promise<void>
}

/** `backend` is the URL of a libp2p peer's WebSocket listener; with a certificate this server speaks wss. */
export async function startHastyServer(
  backend: string,
  certificate?: { key: string; cert: string },
): Promise<HastyServer> {
  const server: Server = certificate === undefined ? createServer() : createSecureServer(certificate)
  const webSockets = new WebSocketServer({ noServer: true })
  let opened = 0
  server.on('upgrade', (request, socket, head) => {
    socket.cork()
    webSockets.handleUpgrade(request, socket, head, (client) => {
      opened += 1
      client.send(MULTISTREAM)
      socket.uncork()
      join(client, new WebSocket(backend))
    })
  })
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    get opened() {
      return opened
    },
    async close() {
      for (const client of webSockets.clients) client.terminate()
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Forwards bytes, except the backend's own greeting, which has already been sent. */
function join(client: NodeWebSocket, backend: NodeWebSocket): void {
  let greetingLeft = MULTISTREAM.byteLength
  const waiting: Buffer[] = []
  client.on('message', (data: Buffer) => {
    if (backend.readyState === WebSocket.OPEN) backend.send(data)
    else waiting.push(data)
  })
  backend.on('open', () => {
    for (const data of waiting) backend.send(data)
  })
  backend.on('message', (data: Buffer) => {
    const rest = data.subarray(greetingLeft)
    greetingLeft = Math.max(0, greetingLeft - data.byteLength)
    if (rest.byteLength > 0) client.send(rest)
  })
  for (const one of [client, backend]) {
    one.on('error', () => one.terminate())
    one.on('close', () => (one === client ? backend : client).close())
  }
}
