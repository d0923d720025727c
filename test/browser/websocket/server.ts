import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { WebSocketServer } from 'ws'
import type { Site } from '../../support/site.ts'
import { answer, behave } from './behaviours.ts'

/** Where the reference is served. */
export const NATIVE_PATH = '/native/'

/** The path of our constructor: no handshake for it may ever reach this server. */
export const OURS_PATH = '/ours/'

function serve(socket: WebSocket, url: URL): void {
  const behaviour = behave(url, {
    send: (data) => socket.send(data),
    close: (code, reason) => socket.close(code, reason),
    drop: () => socket.terminate(),
  })
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    behaviour.message?.(isBinary ? new Uint8Array(data) : data.toString())
  })
  socket.on('close', (code, reason) => behaviour.closed?.({ code, reason: reason.toString() }))
  // `ws` closes on errors; without a listener the error would end the process.
  socket.on('error', () => undefined)
  behaviour.opened?.()
}

export interface SuiteServer extends Site {
  /** Paths of WebSocket handshakes that belong to ours. */
  strays: string[]
}

/** Serves the files, and the reference's WebSockets on the same port. */
export async function startSuiteServer(files: Record<string, string>): Promise<SuiteServer> {
  const strays: string[] = []
  const webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: 4_194_304,
    handleProtocols: (offered, request) => {
      const reply = answer(new URL(request.url ?? '/', 'ws://localhost'))
      return reply.kind === 'accept' && offered.has(reply.protocol) ? reply.protocol : false
    },
  })
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const body = files[path]
    if (body === undefined) {
      response.writeHead(404).end()
      return
    }
    const type = path.endsWith('.js') ? 'text/javascript' : 'text/html'
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body)
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const url = new URL(request.url ?? '/', `ws://${request.headers.host}`)
    if (url.pathname.startsWith(OURS_PATH)) strays.push(url.pathname)
    const reply = answer(url)
    if (reply.kind === 'refuse' || !url.pathname.startsWith(NATIVE_PATH)) {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n')
      return
    }
    webSockets.handleUpgrade(request, socket, head, (connection) => serve(connection, url))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    strays,
    close: () =>
      new Promise((resolve) => {
        for (const client of webSockets.clients) client.terminate()
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
