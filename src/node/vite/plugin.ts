import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Plugin } from 'vite'
import { EMPTY_NETWORK_FILE, NETWORK_FILE, findPageFiles } from '../page-files.ts'

/** Options of the plugin. */
export interface LibP2PWebSocketOptions {
  /**
   * The content of `network.json`: which circuit relays, bootstrap peers, routing services and STUN servers
   * the peer uses. Without it, the site's own `public/network.json` is served, or an empty one if there is
   * none.
   */
  network?: {
    relays?: readonly string[]
    bootstrap?: readonly string[]
    delegatedRouting?: readonly string[]
    iceServers?: readonly object[]
    reservations?: number
  }
  /** Whether each HTML page gets the script tag, first in its head. Default true. */
  inject?: boolean
}

const TAG = 'libp2p-websocket.js'
const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  md: 'text/markdown; charset=utf-8',
}

/** The plugin for the scripts in `siteDirectory`, the directory of the built site. */
export function pagePlugin(
  siteDirectory: string,
  { network, inject = true }: LibP2PWebSocketOptions = {},
): Plugin {
  let base = '/'
  let publicDirectory = ''
  const ownNetwork = network === undefined ? undefined : `${JSON.stringify(network, undefined, 2)}\n`
  const networkFile = (): string | undefined => {
    if (ownNetwork !== undefined) return ownNetwork
    // Vite has an empty name for a site without a public directory.
    const isPublic = publicDirectory !== '' && existsSync(join(publicDirectory, NETWORK_FILE))
    // Vite itself serves and copies what is public.
    return isPublic ? undefined : EMPTY_NETWORK_FILE
  }
  return {
    name: 'libp2p-websocket',
    configResolved(config) {
      base = config.base
      publicDirectory = config.publicDir
    },
    transformIndexHtml: {
      // Vite would try to bundle a script that is there before it reads the page.
      order: 'post',
      handler: (_, { path }) =>
        inject
          ? [{ tag: 'script', attrs: { src: `${baseFrom(path, base)}${TAG}` }, injectTo: 'head-prepend' }]
          : [],
    },
    async configureServer(server) {
      const files = await findPageFiles(siteDirectory)
      server.middlewares.use((request, response, next) => {
        const name = nameOf(request, base)
        if (name !== NETWORK_FILE && !files.names.includes(name)) {
          next()
          return
        }
        const answer = async (): Promise<void> => {
          try {
            const content = name === NETWORK_FILE ? networkFile() : await files.read(name)
            // What is public is Vite's own.
            if (content === undefined) return next()
            response.setHeader('Content-Type', TYPES[name.split('.').at(-1) ?? ''] ?? 'text/plain')
            response.setHeader('Cache-Control', 'no-cache')
            response.end(content)
          } catch (error) {
            next(error)
          }
        }
        void answer()
      })
      server.httpServer?.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
        if (nameOf(request, base) === 'libp2p') refuseRelay(socket)
      })
    },
    async generateBundle() {
      if (this.environment.config.consumer !== 'client') return
      const files = await findPageFiles(siteDirectory)
      for (const fileName of files.names) {
        this.emitFile({ type: 'asset', fileName, source: await files.read(fileName) })
      }
      const source = networkFile()
      if (source !== undefined) this.emitFile({ type: 'asset', fileName: NETWORK_FILE, source })
    },
  }
}

/** The base as the page at `path` sees it: a relative one depends on the page's own directory. */
function baseFrom(path: string, base: string): string {
  if (base !== '' && base !== './') return base
  const depth = path.split('/').length - 2
  return depth > 0 ? '../'.repeat(depth) : './'
}

/** The path of a request below the base, without the query. */
function nameOf(request: IncomingMessage, base: string): string {
  const [path = ''] = (request.url ?? '').split('?')
  return path.startsWith(base) ? path.slice(base.length) : path.replace(/^\//u, '')
}

/**
 * Answers a page that asks Vite's server for a relay: its tag is missing or hasn't run. Vite would leave the
 * socket open without an answer.
 */
function refuseRelay(socket: Duplex): void {
  const text =
    'This is the server of Vite, not a relay. Is libp2p-websocket.js the first script in the head of this page?\n'
  socket.end(
    `HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`,
  )
}
