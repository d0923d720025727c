import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { InlineConfig } from 'vite'
import { build, createServer } from 'vite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { LibP2PWebSocketOptions } from '../../src/node/vite/plugin.ts'
import { pagePlugin } from '../../src/node/vite/plugin.ts'
import { fakeSite } from './support/fake-site.ts'

let root: string
const cleanups: (() => Promise<unknown>)[] = []

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vite-'))
  fakeSite(join(root, 'package'))
  mkdirSync(join(root, 'nested'))
  writeFileSync(join(root, 'main.js'), 'console.log(1)')
  for (const name of ['index.html', 'nested/index.html'])
    writeFileSync(
      join(root, name),
      '<!doctype html><html><head><title>x</title><script type="module" src="/main.js"></script></head></html>',
    )
})
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  rmSync(root, { recursive: true })
})

function config(options: LibP2PWebSocketOptions = {}, base = '/'): InlineConfig {
  return {
    root,
    base,
    configFile: false,
    logLevel: 'silent',
    plugins: [pagePlugin(join(root, 'package'), options)],
    build: {
      rolldownOptions: { input: ['index.html', 'nested/index.html'].map((name) => join(root, name)) },
    },
  }
}

const built = (name: string): string => readFileSync(join(root, 'dist', name), 'utf8')

describe('the Vite plugin in a build', () => {
  test('emits the scripts beside the pages, and puts the tag first into each page', async () => {
    await build(config())
    for (const name of ['libp2p-websocket.js', 'relay-worker.js', 'relay-worker/dht-1.js'])
      expect(built(name)).toBe(name)
    for (const page of ['index.html', 'nested/index.html']) {
      const scripts = [...built(page).matchAll(/<script[^>]*src="([^"]*)"/gu)].map(([, src]) => src)
      expect(scripts[0]).toBe('/libp2p-websocket.js')
      expect(scripts).toHaveLength(2)
    }
    expect(JSON.parse(built('network.json'))).toMatchObject({ relays: [] })
  })

  test.each([
    ['/app/', '/app/libp2p-websocket.js', '/app/libp2p-websocket.js'],
    ['./', './libp2p-websocket.js', '../libp2p-websocket.js'],
  ])('honours the base %s', async (base, inRoot, nested) => {
    await build(config({}, base))
    expect(built('index.html')).toContain(`src="${inRoot}"`)
    expect(built('nested/index.html')).toContain(`src="${nested}"`)
  })

  test('writes the network that it is given, and leaves alone one that is public', async () => {
    await build(config({ network: { relays: ['/dns4/relay.example/tcp/443/wss/p2p/x'] } }))
    expect(JSON.parse(built('network.json'))).toEqual({ relays: ['/dns4/relay.example/tcp/443/wss/p2p/x'] })
    mkdirSync(join(root, 'public'))
    writeFileSync(join(root, 'public', 'network.json'), '{"relays":["own"]}')
    await build(config())
    expect(JSON.parse(built('network.json'))).toEqual({ relays: ['own'] })
  })

  test('adds a network.json to a site that has no public directory', async () => {
    await build({ ...config(), publicDir: false })
    expect(JSON.parse(built('network.json'))).toMatchObject({ relays: [] })
  })

  test('adds no tag with inject: false', async () => {
    await build(config({ inject: false }))
    expect(built('index.html')).not.toContain('libp2p-websocket.js')
    expect(built('relay-worker.js')).toBe('relay-worker.js')
  })

  test('emits nothing for a server build', async () => {
    writeFileSync(join(root, 'server.js'), 'export default 1')
    await build({ ...config(), build: { ssr: join(root, 'server.js') } })
    expect(() => built('relay-worker.js')).toThrow('ENOENT')
  })
})

describe('the Vite plugin in development', () => {
  async function serve(base = '/'): Promise<string> {
    const server = await createServer({
      ...config({}, base),
      server: { port: 0, host: '127.0.0.1', watch: null, ws: false },
      optimizeDeps: { noDiscovery: true },
    })
    cleanups.push(() => server.close())
    await server.listen()
    const address = server.httpServer?.address() as AddressInfo | null | undefined
    return `127.0.0.1:${address?.port}${base}`
  }

  test('serves the scripts with their types, and a network.json', async () => {
    const url = `http://${await serve('/app/')}`
    const script = await fetch(`${url}relay-worker/main.js`)
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(await script.text()).toBe('relay-worker/main.js')
    expect(await (await fetch(`${url}network.json`)).json()).toMatchObject({ relays: [] })
    expect(await (await fetch(url)).text()).toContain('src="/app/libp2p-websocket.js"')
  })

  test('answers a page that looks for a relay on its server, instead of leaving it waiting', async () => {
    const socket = new WebSocket(`ws://${await serve()}libp2p`)
    const answer = await new Promise<string>((resolve) => {
      socket.on('unexpected-response', (_, response) => {
        response.on('data', (text: Buffer) => resolve(`${response.statusCode} ${text.toString()}`))
      })
      socket.on('error', (error) => resolve(error.message))
    })
    expect(answer).toContain('404 This is the server of Vite, not a relay.')
  })
})
