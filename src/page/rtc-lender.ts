import { lendWebRTC } from '../rtc/lend/lend-webrtc.ts'
import { LENDER_EVENT } from './lender-event.ts'

/*
 * What `/libp2p-websocket.js` loads once the worker runs. It hands over what it has by an event on its own element: a module's export
 * would need `import()`, and the page's globals are the page's.
 */
document.currentScript?.dispatchEvent(new CustomEvent(LENDER_EVENT, { detail: lendWebRTC }))
