import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { isCrossSite, judge, makeAccessRules } from './access.ts'
import { accessRequest } from './access-request.ts'
import { refuseUpgrade, say, sayJson, sayText } from './answers.ts'
import { CommandError, oneLine } from '../command-error.ts'
import type { ControlEndpointInit } from './control-endpoint.ts'
import { createControlEndpoint } from './control-endpoint.ts'
import type { FileLayer, FilePath } from './files.ts'
import { openFiles } from './files.ts'
import { DEFAULT_ADDR, DEFAULT_PORT } from './server-address.ts'
import type { ServerCore } from '../server-core.ts'
import { takenLoopback } from './other-loopback.ts'
import { parseTarget } from './request-path.ts'
import { ignoreUpgrade, wantsWebSocket } from './upgrades.ts'

/** Milliseconds from the first byte of a request to the end of its headers. */
export const DEFAULT_HEADERS_TIMEOUT_MS = 10_000
/** Milliseconds from the first byte of a request to its last. */
export const DEFAULT_REQUEST_TIMEOUT_MS = 30_000
/** Milliseconds that a response may stall because its reader reads nothing. */
export const DEFAULT_IDLE_TIMEOUT_MS = 120_000
/** Most connections that may be open, including control sockets. */
export const DEFAULT_MAX_CONNECTIONS = 8192
/** The text format of Prometheus. */
const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'
/**
 * The header of a request that stops the server. A form can't send it, and a script of another origin must
 * ask first, which is refused.
 */
export const STOP_HEADER = 'x-libp2p-websocket-stop'
/** Most bytes of a request's first line and headers. */
export const MAX_HEADER_BYTES = 16_384

export interface ServerInit extends Omit<ControlEndpointInit, 'core' | 'warn'> {
  core: ServerCore
  /** Default 127.0.0.1. */
  addr?: string
  /** Default 8888. 0 chooses a free one. */
  port?: number
  /** Allowed host names besides this server's own, as in `-host`. */
  hosts?: readonly string[]
  /** Allowed origins besides this server's own, as in `-origin`. */
  origins?: readonly string[]
  /** Directories to serve. Earlier ones take precedence. */
  files?: readonly FileLayer[]
  headersTimeoutMs?: number
  requestTimeoutMs?: number
  idleTimeoutMs?: number
  maxConnections?: number
  /** Receives one line about unexpected failures. By default it is written to standard error. */
  warn?: (line: string) => void
}

/** A listening server. */
export interface Server {
  /**
   * URL of the start page with the actual port, such as `http://localhost:8888/`. It names localhost if
   * browsers find this server there: another name would be another origin, with another identity.
   */
  readonly url: string
  readonly port: number
  /** Number of control sockets. */
  readonly clients: number
  /**
   * Stops listening, closes every control socket, then destroys all other connections. A second call waits
   * for the first.
   */
  close(): Promise<void>
}

/**
 * Starts an HTTP server for pages and control sockets. It serves `/libp2p`, `/network.json`, `/status.json`,
 * files, and `/metrics` if the core has metrics.
 *
 * @throws CommandError `failed` if it can't listen on the address, or a directory is missing
 * @throws TypeError if a host or an origin is invalid
 */
export async function createServer(init: ServerInit): Promise<Server> {
  const { core, addr = DEFAULT_ADDR } = init
  const warn = init.warn ?? ((line: string) => void process.stderr.write(`${line}\n`))
  const files = await openFiles(init.files ?? [])
  const endpoint = createControlEndpoint({ ...init, warn })
  const server = createHttpServer({
    headersTimeout: init.headersTimeoutMs ?? DEFAULT_HEADERS_TIMEOUT_MS,
    requestTimeout: init.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: Math.min(5000, init.headersTimeoutMs ?? DEFAULT_HEADERS_TIMEOUT_MS),
    maxHeaderSize: MAX_HEADER_BYTES,
    keepAlive: true,
    // `judge` checks the Host header instead.
    requireHostHeader: false,
  })
  server.maxConnections = init.maxConnections ?? DEFAULT_MAX_CONNECTIONS
  server.setTimeout(init.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS)

  await listen(server, addr, init.port ?? DEFAULT_PORT)
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  const isAlone = address === null || typeof address !== 'object' || !(await hasNeighbour(address, warn))
  const rules = makeAccessRules({
    addr,
    port,
    ...(init.hosts === undefined ? {} : { hosts: init.hosts }),
    ...(init.origins === undefined ? {} : { origins: init.origins }),
  })

  server.on('request', (request, response) => {
    answer(request, response).catch((error: unknown) => {
      warn(`a request failed: ${oneLine(error)}`)
      if (response.headersSent) response.destroy()
      else say(response, 500, 'the server failed; its log has the reason')
    })
  })
  server.on('upgrade', (request, connection, head) => {
    if (!wantsWebSocket(request)) return ignoreUpgrade(server, request, connection, head)
    connection.on('error', () => connection.destroy())
    upgrade(request, connection, head)
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('x-content-type-options', 'nosniff')
    response.setHeader('referrer-policy', 'same-origin')
    const asked = accessRequest(request)
    const verdict = judge(asked, rules)
    if (verdict.kind === 'refused') return say(response, verdict.status, verdict.why)
    if (request.method === 'POST' && request.url === '/stop' && core.requestStop !== undefined) {
      if (verdict.as !== 'self' || !verdict.mayHaveKey || request.headers[STOP_HEADER] === undefined)
        return say(response, 403, 'only pages of this server that are open on this machine may stop it')
      response.once('finish', core.requestStop)
      response.setHeader('connection', 'close')
      return say(response, 202, 'stopping')
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD')
      return say(response, 405, 'only GET and HEAD are allowed')
    }
    const path = parseTarget(request.url ?? '')
    if (path.kind === 'refused') return say(response, path.status, path.why)

    switch (path.directory ? '' : path.segments.join('/')) {
      case 'libp2p':
        response.setHeader('upgrade', 'websocket')
        response.setHeader('connection', 'upgrade, close')
        return say(response, 426, 'open a WebSocket here: new WebSocket("/libp2p")')
      case 'network.json':
        return sayJson(request, response, verdict, await core.network())
      case 'status.json':
        if (isCrossSite(asked, verdict))
          return say(response, 403, 'pages of other sites may not read the status')
        response.setHeader('cross-origin-resource-policy', 'same-origin')
        return sayJson(request, response, verdict, await core.status())
      case 'metrics':
        if (core.metrics === undefined) return await serveFile(request, response, path)
        if (isCrossSite(asked, verdict))
          return say(response, 403, 'pages of other sites may not read the metrics')
        response.setHeader('cross-origin-resource-policy', 'same-origin')
        return sayText(response, METRICS_CONTENT_TYPE, await core.metrics())
      default:
        return await serveFile(request, response, path)
    }
  }

  async function serveFile(
    request: IncomingMessage,
    response: ServerResponse,
    path: FilePath,
  ): Promise<void> {
    if (!(await files.serve(request, response, path))) say(response, 404, 'not found')
  }

  function upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): void {
    const asked = accessRequest(request)
    const verdict = judge(asked, rules)
    if (verdict.kind === 'refused') return refuseUpgrade(connection, verdict.status, verdict.why)
    const path = parseTarget(request.url ?? '')
    if (path.kind === 'refused') return refuseUpgrade(connection, path.status, path.why)
    if (path.directory || path.segments.join('/') !== 'libp2p') {
      return refuseUpgrade(connection, 404, 'WebSockets are accepted on /libp2p only')
    }
    const [origin] = asked.origin
    const options = { mayHaveKey: verdict.mayHaveKey, label: () => origin ?? 'a program' }
    if (!endpoint.upgrade(request, connection, head, options)) {
      refuseUpgrade(connection, 503, 'too many clients')
    }
  }

  let closed: Promise<void> | undefined
  return {
    url: `http://${isAlone && isLocalhost(addr) ? 'localhost' : urlHost(addr)}:${port}/`,
    port,
    get clients() {
      return endpoint.clients
    },
    close() {
      closed ??= (async () => {
        const done = new Promise<void>((resolve) => {
          server.close(() => resolve())
        })
        await endpoint.close()
        server.closeAllConnections()
        await done
      })()
      return closed
    },
  }
}

async function listen(
  server: ReturnType<typeof createHttpServer>,
  addr: string,
  port: number,
): Promise<void> {
  const host = addr.replace(/^\[(.*)\]$/u, '$1')
  await new Promise<void>((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      const why =
        error.code === 'EADDRINUSE'
          ? 'another program is listening there; choose another port with -port'
          : oneLine(error)
      reject(new CommandError('failed', `cannot listen on ${addr}, port ${port}: ${why}`, { cause: error }))
    }
    server.once('error', failed)
    server.listen(port, host, () => {
      server.off('error', failed)
      resolve()
    })
  })
}

/** Returns whether another program has the port on the other loopback address, and warns if so. */
async function hasNeighbour({ address, port }: AddressInfo, warn: (line: string) => void): Promise<boolean> {
  const taken = await takenLoopback(address, port)
  if (taken === undefined) return false
  warn(
    `another program is listening on ${urlHost(taken)}:${port}, and browsers may show its pages at http://localhost:${port}/. ` +
      `Open http://${urlHost(address)}:${port}/ instead, or choose another port with -port.`,
  )
  return true
}

/** Whether a browser that opens `localhost` reaches a server on this address. */
function isLocalhost(addr: string): boolean {
  return [DEFAULT_ADDR, 'localhost', '0.0.0.0', '::', '[::]'].includes(addr)
}

/**
 * Returns the host of a URL for an address. For an address that means every interface, it is a loopback
 * address.
 */
function urlHost(addr: string): string {
  const host = addr.replace(/^\[(.*)\]$/u, '$1')
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
