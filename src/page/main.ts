import { createWebSocketConstructor } from '../websocket/index.ts'
import { isRelayUrl } from './page-address.ts'
import { RelayWorker } from './relay-worker.ts'
import { unsupportedReason } from './support.ts'

/** The build's version, put in by the bundler. */
declare const __VERSION__: string

/** What this page's WebSockets on `/libp2p` reach, for a page that wants to tell its user. */
export interface PageReport {
  readonly version: string
  /** `shared-worker`: the peer in this browser. `native`: what the URL names, as without the script. */
  readonly relay: 'shared-worker' | 'native'
  /** Why it is `native`. */
  readonly reason?: string
}

declare global {
  /** Set by `/libp2p-websocket.js`. */
  var libp2pWebSocket: PageReport | undefined
}

const { currentScript } = document
const scriptUrl =
  currentScript instanceof HTMLScriptElement && currentScript.src !== ''
    ? new URL(currentScript.src)
    : undefined
const reason = unsupportedReason(globalThis, scriptUrl)

if (globalThis.libp2pWebSocket === undefined) {
  if (reason !== undefined || scriptUrl === undefined) {
    console.warn(`libp2p-websocket: the browser's own WebSocket stays in place: ${reason ?? ''}`)
    globalThis.libp2pWebSocket = { version: __VERSION__, relay: 'native', reason: reason ?? '' }
  } else {
    putInPlace(scriptUrl)
    globalThis.libp2pWebSocket = { version: __VERSION__, relay: 'shared-worker' }
  }
}

function putInPlace(base: URL): void {
  const worker = new RelayWorker({
    workerUrl: new URL('relay-worker.js', base),
    pumpUrl: new URL('rtc-pump.js', base),
    died: () => sockets.failAll(),
  })
  const sockets = createWebSocketConstructor({
    native: WebSocket,
    owns: (url) => isRelayUrl(url, location.host),
    open: (_, port) => worker.open(port),
  })
  Object.defineProperty(globalThis, 'WebSocket', {
    value: sockets.WebSocket,
    writable: true,
    configurable: true,
    enumerable: false,
  })
  addEventListener('online', () => worker.wake())
  document.addEventListener('visibilitychange', () => {
    const visible = document.visibilityState === 'visible'
    worker.setVisible(visible)
    if (visible) worker.wake()
  })
  addEventListener('pagehide', () => worker.leave())
  // Back from the back-forward cache: as with the browser's own sockets, those of before are closed.
  addEventListener('pageshow', (event) => {
    if (event.persisted) sockets.failAll()
  })
}
