import { createWebSocketConstructor } from '../../../../src/websocket/index.ts'

/** Puts our constructor in place, for the URLs below `/ours/` of the page's own host, before any other script runs. */
const worker = new SharedWorker('/worker.js')
worker.port.start()

const constructor = createWebSocketConstructor({
  native: globalThis.WebSocket,
  owns: (url) => url.host === location.host && url.pathname.startsWith('/ours/'),
  open: (_request, port) => worker.port.postMessage(null, [port]),
})

Object.defineProperty(globalThis, 'WebSocket', { value: constructor.WebSocket })
Object.assign(globalThis, { ours: constructor })
