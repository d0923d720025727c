import type { WebSocketConstructor } from '../websocket/page/constructor.ts'
import { createWebSocketConstructor } from '../websocket/page/constructor.ts'
import type { WorkerLogLevel } from '../worker/tab-messages.ts'
import { guardRegistration } from './guard-registration.ts'
import { isRelayUrl, relayBeside } from './page-address.ts'
import { ownScripts } from './own-scripts.ts'
import { RelayWorker } from './relay-worker.ts'
import { unsupportedReason } from './support.ts'

/** The version and the identifier of the build. The bundler inserts them. */
declare const __VERSION__: string
declare const __BUILD__: string

/** Tells a page what its WebSockets on `/libp2p` reach. */
export interface PageReport {
  readonly version: string
  /**
   * `shared-worker`: the peer in this browser. `failed`: its worker could not be started, and the next
   * WebSocket tries again. `native`: the server that the URL names, as without the script.
   */
  readonly relay: 'shared-worker' | 'failed' | 'native'
  /** Why `relay` is `failed` or `native`. */
  readonly reason?: string | undefined
  /** The relay's URL, which is beside the script, because a site may be in a directory of its host. */
  readonly url?: string | undefined
  /**
   * Whether an update waits because an earlier build's worker still has open connections. To update, close
   * the site's other tabs or their connections. The event `libp2p-websocket-update` on `window` fires when
   * this becomes true.
   */
  readonly updateWaits: boolean
  /**
   * Prints the worker's log to this tab's console: the remembered lines, then new ones.
   *
   * @param level the least severe level: `trace`, `debug` (default), `info`, `warn` or `error`
   * @param scope prefix of the scopes to print, default all: `relay` is this package, `libp2p:webrtc` a part
   * of js-libp2p
   */
  log(level?: WorkerLogLevel, scope?: string): void
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
// A tag that the service worker has inserted must not be visible to the page, which may compare its document
// with the original.
if (currentScript?.hasAttribute('data-inserted') === true) currentScript.remove()
/** `<script data-unless="native">` disables the script where the page's URL has the parameter `native`. */
const unless = currentScript?.getAttribute('data-unless') ?? undefined
const isUnwanted = unless !== undefined && new URLSearchParams(location.search).has(unless)
const reason = unsupportedReason(globalThis, scriptUrl)

if (scriptUrl !== undefined) guardRegistration(scriptUrl)
if (!isUnwanted && globalThis.libp2pWebSocket === undefined) {
  if (reason !== undefined || scriptUrl === undefined) {
    // There is no worker with a log.
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
    native: WebSocket,
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
  // The other attributes of the property stay as they are.
  Object.defineProperty(globalThis, 'WebSocket', { value: sockets.WebSocket })
  // This event fires before the worker's error event, which has no reason.
  addEventListener('securitypolicyviolation', ({ blockedURI, disposition }) => {
    if (blockedURI === scripts.relayWorkerUrl && disposition === 'enforce') worker.forbid(blockedURI)
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
 * Leaves the worker when the page is frozen or enters the back-forward cache. Its sockets report their end
 * when the page is shown again, like the browser's own. Until then, the page's own handlers, which run after
 * ours, can still send and close.
 */
function watchLifecycle(worker: RelayWorker, sockets: WebSocketConstructor): void {
  /**
   * Whether the page is being unloaded. `visibilitychange` fires after the page's own `pagehide` handlers.
   */
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
    // If a hidden tab is unloaded, there is no `visibilitychange`; the worker notices by the tab's lock.
    isLeaving = !persisted && document.visibilityState === 'visible'
    // Where there is a `freeze` event, it follows. Other engines offer no later moment.
    if (persisted && !('onfreeze' in document)) leave()
  })
  document.addEventListener('freeze', leave)
  addEventListener('pageshow', () => {
    isLeaving = false
    sockets.release()
  })
}
