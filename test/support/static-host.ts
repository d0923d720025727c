import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import send from 'send'

/** An additional file besides those of the directory. */
export interface StaticFile {
  type: string
  body: string | Uint8Array
  headers?: Record<string, string>
  /** 200 by default. */
  status?: number
}

/** A simple host for files: it knows neither the site nor WebSockets. */
export interface StaticHost {
  port: number
  /** The path below which the site is served, with slashes around it. */
  path: string
  /** The requested paths, each followed by its status: `/sub/index.html 200`. */
  asked: string[]
  /** Serves another directory from now on, as after a deployment. */
  deploy(directory: string): void
  /** Adds a file below the site's path. */
  put(name: string, file: StaticFile): void
  /** Removes an added file. */
  remove(name: string): void
  /** Stops listening, as if there were no network. */
  goDown(): Promise<void>
  /** Listens on the same port again. */
  comeUp(): Promise<void>
  close(): Promise<void>
}

/**
 * Serves a directory below a path, and answers as GitHub Pages does: files may be cached for ten minutes, a
 * directory is its `index.html`, a page is sent for what is not found, and none of our headers is sent.
 */
export async function startStaticHost(directory: string, path: string): Promise<StaticHost> {
  const asked: string[] = []
  const files = new Map<string, StaticFile>()
  let root = directory
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    response.once('finish', () => asked.push(`${pathname} ${response.statusCode}`))
    response.setHeader('cache-control', 'max-age=600')
    const missing = (): void => {
      response.writeHead(404, { 'content-type': 'text/html; charset=utf-8' })
      response.end('<!doctype html><title>404</title><p>There is no such page on this host.</p>')
    }
    if (`${pathname}/` === path) return void response.writeHead(301, { location: path }).end()
    if (!pathname.startsWith(path)) return missing()
    const name = pathname.slice(path.length)
    const file = files.get(name)
    if (file !== undefined) {
      response.writeHead(file.status ?? 200, { 'content-type': file.type, ...file.headers }).end(file.body)
      return
    }
    send(request, `/${name}`, { root, cacheControl: false, extensions: ['html'] })
      .on('error', missing)
      .pipe(response)
  })
  const listen = async (port: number): Promise<void> => {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
  }
  const goDown = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeAllConnections()
    await closed
  }
  await listen(0)
  const { port } = server.address() as AddressInfo
  return {
    port,
    path,
    asked,
    deploy: (next) => {
      root = next
    },
    put: (name, file) => void files.set(name, file),
    remove: (name) => void files.delete(name),
    goDown,
    comeUp: () => listen(port),
    close: goDown,
  }
}
