import type { PeerInit } from '../../relay/index.ts'
import { oneLine } from '../command-error.ts'

/** WebRTC in this process, or why there is none. */
export type WebRtc =
  | { able: true; transports(rtcConfiguration: RTCConfiguration): PeerInit['transports'] }
  | { able: false; why: string }

/**
 * Loads WebRTC, whose native part, `node-datachannel`, isn't built for every platform. It is loaded by nothing else, so that the
 * rest of the program runs without it.
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
