import { createRequire } from 'node:module'
import type { PeerInit } from '../../relay/index.ts'
import { oneLine } from '../command-error.ts'

/** The package that users install if they want WebRTC in the command. */
export const WEBRTC_PACKAGE = 'node-datachannel'

/** The WebRTC transports of this process, or why there are none. */
export type WebRtc =
  | { able: true; transports(rtcConfiguration: RTCConfiguration): PeerInit['transports'] }
  | { able: false; isInstalled: boolean; why: string }

/**
 * Loads WebRTC from its native package, which isn't available on every platform. Nothing else loads that
 * package, so everything else works without it.
 */
export async function loadWebRtc(): Promise<WebRtc> {
  try {
    const { webRTC, webRTCDirect } = await import('@libp2p/webrtc')
    return {
      able: true,
      transports: (rtcConfiguration) => [webRTC({ rtcConfiguration }), webRTCDirect({ rtcConfiguration })],
    }
  } catch (error) {
    return isInstalled()
      ? { able: false, isInstalled: true, why: oneLine(error) }
      : { able: false, isInstalled: false, why: `run “npm install ${WEBRTC_PACKAGE}” to add it` }
  }
}

/** Whether the package is there. Its binary for this platform may still be missing. */
function isInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve(WEBRTC_PACKAGE)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')
  }
}
