import { createRequire } from 'node:module'
import type { PeerInit } from '../../relay/index.ts'
import { oneLine } from '../command-error.ts'

/** The WebRTC transports of this process, or why there are none. */
export type WebRtc =
  | { able: true; transports(rtcConfiguration: RTCConfiguration): PeerInit['transports'] }
  | { able: false; why: string }

const PACKAGE = 'node-datachannel'

/**
 * Loads WebRTC from the native package `node-datachannel`, which users install if they want it, and which
 * isn't available on every platform. Nothing else loads that package, so everything else works without it.
 */
export async function loadWebRtc(): Promise<WebRtc> {
  try {
    const { webRTC, webRTCDirect } = await import('@libp2p/webrtc')
    return {
      able: true,
      transports: (rtcConfiguration) => [webRTC({ rtcConfiguration }), webRTCDirect({ rtcConfiguration })],
    }
  } catch (error) {
    return { able: false, why: isInstalled() ? oneLine(error) : `to add it, run “npm install ${PACKAGE}”` }
  }
}

/** Whether there is no such package. If it is there, its binary for this platform may be missing. */
function isInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve(PACKAGE)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')
  }
}
