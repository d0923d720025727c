import { relayUrl } from '../client/index.ts'
import type { Surroundings } from './relay-words.ts'

/** What `/libp2p-websocket.js` says of itself, as this page finds it: it is another build's, so nothing is taken on trust. */
function readReport(value: unknown): { relay: unknown; reason: unknown } {
  if (typeof value !== 'object' || value === null) return { relay: undefined, reason: undefined }
  return {
    relay: 'relay' in value ? value.relay : undefined,
    reason: 'reason' in value ? value.reason : undefined,
  }
}

const native = new URLSearchParams(location.search).has('native')

/** What this page runs in: for the entries of pages only. */
export const surroundings: Surroundings = {
  get inBrowser() {
    const { relay } = readReport(Reflect.get(globalThis, 'libp2pWebSocket'))
    return relay === 'shared-worker' || relay === 'failed'
  },
  native,
  get reason() {
    const { relay, reason } = readReport(Reflect.get(globalThis, 'libp2pWebSocket'))
    if (native || relay === 'shared-worker') return ''
    return typeof reason === 'string' ? reason : 'the script /libp2p-websocket.js did not load'
  },
  relayUrl: ownRelay(),
}

/** The relay beside `libp2p-websocket.js`, also where that is not to run. */
function ownRelay(): string {
  const script = document.querySelector('script[src$="libp2p-websocket.js"]')
  if (!(script instanceof HTMLScriptElement)) return relayUrl(location.href)
  const url = new URL('libp2p', script.src)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return url.href
}
