import type { lendWebRTC } from '../rtc/lend/lend-webrtc.ts'

/** By it `/rtc-lender.js` hands over {@link lendWebRTC}: a CustomEvent on its script element, with the function as its detail. */
export const LENDER_EVENT = 'libp2p-websocket-lender'

export type LendWebRTC = typeof lendWebRTC
