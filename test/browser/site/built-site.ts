import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import type { LoopbackRelay } from '../../site/loopback-relay.ts'
import { startLoopbackRelay } from '../../site/loopback-relay.ts'

const execFileAsync = promisify(execFile)

/**
 * Served as `/libp2p-websocket.js`: it records that it ran and what ran before it, and names the peer's
 * place.
 */
const SCRIPT = `
  document.documentElement.dataset.ours = String(document.scripts.length)
  const query = new URLSearchParams(location.search)
  libp2pWebSocket =
    document.currentScript.dataset.unless === 'native' && query.has('native')
      ? { relay: 'native', reason: 'asked for' }
      : query.has('unsupported')
        ? { relay: 'native', reason: 'this browser has no SharedWorker' }
        : { relay: 'shared-worker' }
`

/** Served as `/sw.js`: a service worker that caches nothing. */
const SERVICE_WORKER = '// Every request goes to the server.'

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.webp': 'image/webp',
}

export interface BuiltSite {
  /** `http://127.0.0.1:PORT`, and the same site as the other peer, `http://localhost:PORT`. */
  origin: string
  otherOrigin: string
  relay: LoopbackRelay
  /** Stops the relay and the server; pages stay open. */
  stop(): Promise<void>
  close(): Promise<void>
}

/**
 * Builds the site in a process of its own. Inside the test runner, Vite would choose the development builds
 * of packages, and would write chunks that only its own module runner can load.
 */
async function buildSite(outDir: string): Promise<void> {
  const { NODE_ENV: _, VITEST: __, ...env } = process.env
  const config = 'test/browser/site/built-site.config.ts'
  await execFileAsync('npx', ['vite', 'build', '--config', config, '--outDir', outDir], { env })
}

/**
 * Builds the site, without the scripts of relay and page, and serves it on loopback together with a relay.
 */
export async function serveBuiltSite(): Promise<BuiltSite> {
  const outDir = await mkdtemp(join(tmpdir(), 'site-'))
  await buildSite(outDir)
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname === '/libp2p-websocket.js') {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(SCRIPT)
      return
    }
    if (pathname === '/sw.js') {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(SERVICE_WORKER)
      return
    }
    const path = pathname === '/' ? '/index.html' : pathname
    readFile(join(outDir, path)).then(
      (body) => response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'text/plain' }).end(body),
      () => response.writeHead(404).end(),
    )
  })
  const relay = await startLoopbackRelay(server)
  const { port } = server.address() as AddressInfo
  let stopping: Promise<void> | undefined
  const site: BuiltSite = {
    origin: `http://127.0.0.1:${port}`,
    otherOrigin: `http://localhost:${port}`,
    relay,
    stop: () => (stopping ??= relay.close()),
    async close() {
      await site.stop()
      await rm(outDir, { recursive: true, force: true })
    },
  }
  return site
}
