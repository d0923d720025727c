// `npm run dev [-- FLAGS]`: serves the site and a relay on http://localhost:8888, rebuilds after each edit,
// and reloads the open pages.
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync, watch, writeFileSync } from 'node:fs'
import { createBuilder } from 'vite'

const SOURCES = ['src', 'examples', 'public', 'build', 'index.html', 'folder.html', 'vite.config.ts']
/** What the Node build is made of. */
const NODE_SOURCES = /^src\/(?:node|relay|platform|protocol|client|status|admin|html|lasting)\b/u
/** Milliseconds without a further edit before a build begins: editors write several files at once. */
const QUIET_MS = 50
const RELAY_FLAGS = [
  '-start',
  '-relay',
  '-nopeers',
  '-listen',
  '/ip4/127.0.0.1/tcp/0',
  '-listen',
  '/ip4/127.0.0.1/tcp/0/ws',
]

/**
 * What every page runs: it asks four times a second which build it belongs to. The service worker goes first,
 * because it would serve the page of the build before.
 */
const RELOAD = `{
  let build
  setInterval(async () => {
    const answer = await fetch('/dev-build.txt', { cache: 'no-store' }).catch(() => undefined)
    if (!answer?.ok) return
    const current = await answer.text()
    build ??= current
    if (current === build) return
    const registrations = (await navigator.serviceWorker?.getRegistrations()) ?? []
    await Promise.all(registrations.map((registration) => registration.unregister()))
    const names = (await globalThis.caches?.keys()) ?? []
    await Promise.all(names.map((name) => caches.delete(name)))
    location.reload()
  }, 250)
}
`

/** @type {import('node:child_process').ChildProcess | undefined} */
let relay
/** Files that were edited and are not in the build yet. @type {Set<string>} */
const edited = new Set()
let isBuilding = false

/** @param {boolean} withNode */
async function build(withNode) {
  const startMs = performance.now()
  process.env['LIBP2P_WEBSOCKET_DEV'] = withNode ? 'site and node' : 'site'
  try {
    const builder = await createBuilder({ logLevel: 'error' }, null)
    await builder.buildApp()
    console.log(`Built in ${Math.round(performance.now() - startMs)} ms.`)
  } catch (error) {
    // Vite has named the file and the place. The next edit builds again.
    console.error(error instanceof Error ? error.message : error)
    return
  }
  if (withNode) await restartRelay()
}

async function restartRelay() {
  const running = relay
  if (running !== undefined && running.exitCode === null) {
    const ended = new Promise((resolve) => running.once('exit', resolve))
    running.kill()
    await ended
  }
  relay = spawn(process.execPath, ['dist/node/main.js', ...RELAY_FLAGS, ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
}

async function buildEdits() {
  if (isBuilding) return
  isBuilding = true
  while (edited.size > 0) {
    const withNode = [...edited].some((name) => NODE_SOURCES.test(name))
    edited.clear()
    await build(withNode)
  }
  isBuilding = false
}

rmSync('dist', { recursive: true, force: true })
mkdirSync('dist/site', { recursive: true })
writeFileSync('dist/site/dev-reload.js', RELOAD)
await build(true)

/** @type {NodeJS.Timeout | undefined} */
let quiet
for (const source of SOURCES) {
  watch(source, { recursive: true }, (_, name) => {
    edited.add(name === null || name === source ? source : `${source}/${name.replaceAll('\\', '/')}`)
    clearTimeout(quiet)
    quiet = setTimeout(() => void buildEdits(), QUIET_MS)
  })
}
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(signal, () => {
    relay?.kill()
    process.exit(0)
  })
}
