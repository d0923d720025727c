import type { PeerInit } from '../../relay/index.ts'
import { oneLine } from '../command-error.ts'

/** The WebRTC transports of this process, or why there are none. */
export type WebRtc =
  | { able: true; transports(rtcConfiguration: RTCConfiguration): PeerInit['transports'] }
  | { able: false; why: string }

/**
 * Loads WebRTC, whose native package `node-datachannel` isn't available on every platform. Nothing else loads
 * that package, so everything else works without it.
 */
export async function loadWebRtc(): Promise<WebRtc> {
  try {
    const { webRTC, webRTCDirect } = await import('@libp2p/webrtc')
    return {
      able: true,
      transports: (rtcConfiguration) => [webRTC({ rtcConfiguration }), webRTCDirect({ rtcConfiguration })],
    }
  } catch (error) {
    return { able: false, why: oneLine(error) }
  }
}
