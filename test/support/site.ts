import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Site {
  /** `http://127.0.0.1:PORT`, or with another loopback name. */
  origin: string
  close(): Promise<void>
}

const TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
}

/** Serves the given files, by path, on a free loopback port; everything else is 404. */
export async function serveSite(files: Record<string, string>): Promise<Site> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const body = files[path]
    if (body === undefined) {
      response.writeHead(404).end()
      return
    }
    const extension = path.slice(path.lastIndexOf('.') + 1)
    response.writeHead(200, { 'content-type': TYPES[extension] ?? 'text/plain' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
