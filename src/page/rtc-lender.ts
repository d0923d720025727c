import { lendWebRTC } from '../rtc/lend/lend-webrtc.ts'
import { LENDER_EVENT } from './lender-event.ts'

/*
 * The script that `/libp2p-websocket.js` loads once the worker runs. It passes on its function by an event on
 * its own element, because an export would need `import()`, and a global would be visible to the page.
 */
document.currentScript?.dispatchEvent(new CustomEvent(LENDER_EVENT, { detail: lendWebRTC }))
