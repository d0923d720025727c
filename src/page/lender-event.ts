import type { lendWebRTC } from '../rtc/lend/lend-webrtc.ts'
import type { serveByNative } from './native-relay.ts'

/**
 * The CustomEvent on its script element by which `/rtc-lender.js` passes on {@link PageHelpers}, as `detail`.
 */
export const LENDER_EVENT = 'libp2p-websocket-lender'

/** What only some pages need, or only later. */
export interface PageHelpers {
  lend: typeof lendWebRTC
  serve: typeof serveByNative
}
