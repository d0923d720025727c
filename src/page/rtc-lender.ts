import { lendWebRTC } from '../rtc/lend/lend-webrtc.ts'
import { LENDER_EVENT } from './lender-event.ts'
import type { PageHelpers } from './lender-event.ts'
import { serveByNative } from './native-relay.ts'

/*
 * The script that `/libp2p-websocket.js` loads once the worker runs, or must not run. It passes on its
 * functions by an event on its own element, because an export would need `import()`, and a global would be
 * visible to the page.
 */
const detail: PageHelpers = { lend: lendWebRTC, serve: serveByNative }
document.currentScript?.dispatchEvent(new CustomEvent(LENDER_EVENT, { detail }))
