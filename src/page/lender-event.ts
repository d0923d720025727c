import type { lendWebRTC } from '../rtc/lend/lend-webrtc.ts'

/**
 * The CustomEvent on its script element by which `/rtc-lender.js` passes on {@link lendWebRTC}, as `detail`.
 */
export const LENDER_EVENT = 'libp2p-websocket-lender'

export type LendWebRTC = typeof lendWebRTC
