import { relayUrl } from '../client/index.ts'

/** Where the page's peer runs, and how to reach it. */
export interface Environment {
  /** Whether the peer runs in this browser. If not, the program that serves the page runs it. */
  inBrowser: boolean
  /** Whether `?native` in the page's address asked for the peer of the serving program. */
  native: boolean
  /** Why this browser runs no peer although nobody asked for that; empty otherwise. */
  reason: string
  /** The WebSocket URL of the relay. */
  relayUrl: string
}

const native = new URLSearchParams(location.search).has('native')

/** The environment of this page. Importing it reads the page's address and its script tags. */
export const environment: Environment = {
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
  relayUrl: findRelayUrl(),
}

/** Narrows what `libp2p-websocket.js` reports: the script may be of another build than this page. */
function readReport(value: unknown): { relay: unknown; reason: unknown } {
  if (typeof value !== 'object' || value === null) return { relay: undefined, reason: undefined }
  return {
    relay: 'relay' in value ? value.relay : undefined,
    reason: 'reason' in value ? value.reason : undefined,
  }
}

/** Returns the URL of the relay beside `libp2p-websocket.js`, even if that script isn't run here. */
function findRelayUrl(): string {
  const script = document.querySelector('script[src$="libp2p-websocket.js"]')
  if (!(script instanceof HTMLScriptElement)) return relayUrl(location.href)
  const url = new URL('libp2p', script.src)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return url.href
}
