import type { WebSocketConstructor, WebSocketConstructorInit } from '../../../../src/websocket/index.ts'
import { createWebSocketConstructor } from '../../../../src/websocket/index.ts'

/**
 * Installs our constructor, for the URLs below `/ours/` of the page's own host, before any other script runs.
 */
const worker = new SharedWorker('/worker.js')
worker.port.start()

function bring(port: MessagePort): void {
  worker.port.postMessage(null, [port])
}

function make(more: Partial<WebSocketConstructorInit> = {}): WebSocketConstructor {
  return createWebSocketConstructor({
    native,
    owns: (url) => url.host === location.host && url.pathname.startsWith('/ours/'),
    open: (_request, port) => bring(port),
    ...more,
  })
}

const native = globalThis.WebSocket
const constructor = make()

Object.defineProperty(globalThis, 'WebSocket', { value: constructor.WebSocket })
Object.assign(globalThis, { ours: constructor, make, bring })

/** What this script adds to the page's globals, for tests of ours alone. */
export type InstalledGlobals = {
  ours: WebSocketConstructor
  make: typeof make
  bring: typeof bring
}
