import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'

/** A reverse proxy for a server below a path that the server knows nothing about. */
export interface PathProxy {
  /** `http://127.0.0.1:PORT/some/path/`. */
  url: string
  host: string
  /** The server behind it, `http://127.0.0.1:PORT`. */
  target: string
  close(): Promise<void>
}

export async function startPathProxy(path: string): Promise<PathProxy> {
  const server = createServer((request, response) => {
    if (request.url?.startsWith(path) !== true) {
      response.writeHead(404).end('not below the path')
      return
    }
    const { method, headers } = request
    const forwarded = httpRequest(proxy.target + request.url.slice(path.length - 1), { method, headers })
    forwarded.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      answer.pipe(response)
    })
    forwarded.on('error', () => response.destroy())
    request.pipe(forwarded)
  })
  server.on('upgrade', (request, connection, head) => {
    const { hostname, port } = new URL(proxy.target)
    const target = connect(Number(port), hostname, () => {
      const lines = [`${request.method} ${request.url?.slice(path.length - 1)} HTTP/1.1`]
      for (let index = 0; index < request.rawHeaders.length; index += 2) {
        lines.push(`${request.rawHeaders[index]}: ${request.rawHeaders[index + 1]}`)
      }
      target.write(`${lines.join('\r\n')}\r\n\r\n`)
      target.write(head)
      target.pipe(connection).pipe(target)
    })
    target.on('error', () => connection.destroy())
    connection.on('error', () => target.destroy())
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const proxy: PathProxy = {
    url: `http://${host}${path}`,
    host,
    target: '',
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
  return proxy
}
