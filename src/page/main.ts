import type { WebSocketConstructor } from '../websocket/page/constructor.ts'
import { createWebSocketConstructor } from '../websocket/page/constructor.ts'
import type { WireLogLevel } from '../worker/tab-messages.ts'
import { guardRegistration } from './guard-registration.ts'
import { isRelayUrl, relayBeside } from './page-address.ts'
import { ownScripts } from './own-scripts.ts'
import { RelayWorker } from './relay-worker.ts'
import { unsupportedReason } from './support.ts'

/** The build's version, and the build itself, put in by the bundler. */
declare const __VERSION__: string
declare const __BUILD__: string

/** What this page's WebSockets on `/libp2p` reach, for a page that wants to tell its user. */
export interface PageReport {
  readonly version: string
  /**
   * `shared-worker`: the peer in this browser. `failed`: its worker could not be started the last time, and the next WebSocket
   * tries again. `native`: what the URL names, as without the script.
   */
  readonly relay: 'shared-worker' | 'failed' | 'native'
  /** Why it is `failed` or `native`. */
  readonly reason?: string | undefined
  /** Where the relay is: beside the script. A site may lie in a directory of its host. */
  readonly url?: string | undefined
  /**
   * The peer runs in a worker of an earlier build, which stays while connections are open: close the site's other tabs, or
   * end what they do, to have the new one. The event `libp2p-websocket-update` on `window` tells when this becomes true.
   */
  readonly updateWaits: boolean
  /**
   * Prints the worker's log to this tab's console: first what it remembers, then what comes. `level` is `trace`, `debug`
   * (the default), `info`, `warn` or `error`; `scope` is what the lines' scope begins with, all by default: `relay` is this
   * package, `libp2p:webrtc` a part of js-libp2p.
   */
  log(level?: WireLogLevel, scope?: string): void
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
// What the service worker put into a page is no part of it: whoever compares the document with his own must not find it there.
if (currentScript?.hasAttribute('data-inserted') === true) currentScript.remove()
/** `<script data-unless="native">`: not where the page's address has this parameter. */
const unless = currentScript?.getAttribute('data-unless') ?? undefined
const isUnwanted = unless !== undefined && new URLSearchParams(location.search).has(unless)
const reason = unsupportedReason(globalThis, scriptUrl)

if (scriptUrl !== undefined) guardRegistration(scriptUrl)
if (!isUnwanted && globalThis.libp2pWebSocket === undefined) {
  if (reason !== undefined || scriptUrl === undefined) {
    // There is no worker whose log could be shown.
    const log = (): void =>
      console.warn(`libp2p-websocket: the browser's own WebSocket stays in place: ${reason}`)
    log()
    globalThis.libp2pWebSocket = {
      version: __VERSION__,
      relay: 'native',
      reason: reason ?? '',
      url: scriptUrl && relayBeside(scriptUrl),
      updateWaits: false,
      log,
    }
  } else {
    globalThis.libp2pWebSocket = putInPlace(scriptUrl)
  }
}

function putInPlace(base: URL): PageReport {
  let updateWaits = false
  const scripts = ownScripts(base, currentScript?.nonce ?? '')
  const worker: RelayWorker = new RelayWorker({
    scripts,
    build: __BUILD__,
    openSockets: () => sockets.openSockets,
    updateWaits: () => {
      updateWaits = true
      dispatchEvent(new Event('libp2p-websocket-update'))
    },
    died: () => sockets.failAll(),
  })
  const sockets: WebSocketConstructor = createWebSocketConstructor({
    native: WebSocket,
    owns: (url) => isRelayUrl(url, base) && worker.start(),
    open: (_, port) => worker.open(port),
  })
  // What else is true of the browser's own property stays as it is.
  Object.defineProperty(globalThis, 'WebSocket', { value: sockets.WebSocket })
  // Said before the worker's error, which has no reason.
  addEventListener('securitypolicyviolation', ({ blockedURI, disposition }) => {
    if (blockedURI === scripts.relayWorkerUrl && disposition === 'enforce') {
      worker.forbid(`the page’s content security policy does not allow the worker: ${blockedURI}`)
    }
  })
  watchLifecycle(worker, sockets)
  return {
    version: __VERSION__,
    get relay() {
      if (worker.forbidden !== undefined) return 'native'
      return worker.failure === undefined ? 'shared-worker' : 'failed'
    },
    get reason() {
      return worker.forbidden ?? worker.failure
    },
    url: relayBeside(base),
    get updateWaits() {
      return updateWaits
    },
    log: (level = 'debug', scope = '') => worker.followLog(level, scope),
  }
}

/**
 * A page that is frozen or kept in the back-forward cache holds nothing of the worker. Its sockets tell their end when it is
 * shown again, as the browser's own do. Until then the page itself may still send and close, in handlers of its own that run
 * after ours.
 */
function watchLifecycle(worker: RelayWorker, sockets: WebSocketConstructor): void {
  /** The page's own `pagehide` handlers run now: `visibilitychange` follows them. */
  let isLeaving = false
  const leave = (): void => {
    sockets.failUnclosed()
    worker.leave()
  }
  addEventListener('online', () => worker.wake())
  document.addEventListener('visibilitychange', () => {
    if (isLeaving) worker.leave()
    else worker.seen()
  })
  addEventListener('pagehide', ({ persisted }) => {
    sockets.hold()
    // Of a tab out of sight that goes for good the worker learns by the tab's lock.
    isLeaving = !persisted && document.visibilityState === 'visible'
    // Elsewhere `freeze` follows. An engine that keeps a page without saying more leaves no later moment.
    if (persisted && !('onfreeze' in document)) leave()
  })
  document.addEventListener('freeze', leave)
  addEventListener('pageshow', () => {
    isLeaving = false
    sockets.release()
  })
}
