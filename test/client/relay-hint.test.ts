import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { connect } from '../../src/client/index.ts'
import { relayHint } from '../../src/client/relay-hint.ts'
import { WebSocket } from './scripted-relay.ts'

const PAGE = 'https://app.example/shop/'
const OWN = 'wss://app.example/libp2p'

afterEach(() => {
  vi.unstubAllGlobals()
})

test.each([
  ['without a tag', OWN, undefined, null, 'no script tag for libp2p-websocket.js: put it first in the head'],
  [
    'whose script is missing or of a wrong type',
    OWN,
    undefined,
    '/libp2p-websocket.js',
    'The script /libp2p-websocket.js has not run: is the file there, served as JavaScript',
  ],
  [
    'whose worker failed',
    OWN,
    { relay: 'failed', reason: 'the worker https://app.example/relay-worker.js could not be started: x' },
    '/libp2p-websocket.js',
    'relay-worker.js could not be started: x. All files that “npx libp2p-websocket copy” writes',
  ],
  [
    'that is not secure',
    OWN,
    { relay: 'native', reason: 'this page was not loaded over https or from this machine' },
    '/libp2p-websocket.js',
    'There is no peer in this browser: this page was not loaded over https',
  ],
  ['that uses localhost', 'ws://localhost:8888/libp2p', undefined, null, 'put it first in the head'],
  ['that names another host', 'wss://other.example/libp2p', undefined, null, 'running there?'],
])('a page %s is told what to do', (_, url, report, tag, words) => {
  expect(relayHint(url, { href: PAGE, report, tag })).toContain(words)
})

test('outside of a page, the error asks whether the relay runs', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await expect(connect(`ws://127.0.0.1:${port}/libp2p`, { WebSocket })).rejects.toThrow(
    `No relay answered at ws://127.0.0.1:${port}/libp2p (code 1006). Is libp2p-websocket running there?`,
  )
})

test('a server that leaves the WebSocket of a page without our script waiting does not hold up the error', async () => {
  // As Vite's server does, whose WebSockets have another path.
  const server = createServer()
    .on('upgrade', () => undefined)
    .listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  vi.stubGlobal('location', { href: `http://127.0.0.1:${port}/` })
  vi.stubGlobal('document', { querySelector: () => null })
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const failed = expect(connect(`ws://127.0.0.1:${port}/libp2p`, { WebSocket })).rejects.toThrow(
      'This page has no script tag for libp2p-websocket.js: put it first in the head.',
    )
    const settled = new AbortController()
    void failed.finally(() => settled.abort())
    while (!settled.signal.aborted) await vi.advanceTimersByTimeAsync(5_000)
    await failed
  } finally {
    vi.useRealTimers()
    server.closeAllConnections()
    server.close()
  }
})
