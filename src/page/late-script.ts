import type { lendWebRTC } from '../rtc/lend/lend-webrtc.ts'
import type { serveByNative } from './serve-by-native.ts'

/**
 * The scripts that `/libp2p-websocket.js` loads when it needs them, and the function that each of them is.
 */
export interface LateScripts {
  'rtc-lender.js': typeof lendWebRTC
  'native-relay.js': typeof serveByNative
}

/** The CustomEvent on its own element by which a script hands over its function, as `detail`. */
export const LATE_SCRIPT_EVENT = 'libp2p-websocket-script'

/**
 * Hands over the function of the running script. An export would need `import()`, and a global would be
 * visible to the page.
 */
export function handOver(detail: LateScripts[keyof LateScripts]): void {
  document.currentScript?.dispatchEvent(new CustomEvent(LATE_SCRIPT_EVENT, { detail }))
}
