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
const { relay, reason } = readReport(Reflect.get(globalThis, 'libp2pWebSocket'))
const inBrowser = relay === 'shared-worker'

/** What this page runs in: for the entries of pages only. */
export const surroundings: Surroundings = {
  inBrowser,
  native,
  reason:
    inBrowser || native
      ? ''
      : typeof reason === 'string'
        ? reason
        : 'the script /libp2p-websocket.js did not load',
  relayUrl: relayUrl(location.href),
}
