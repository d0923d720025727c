import type { Connection, StreamMuxer } from '@libp2p/interface'
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

/** What a connection over WebRTC has, though it is no part of the interface. */
interface WebRtcConnection extends Connection {
  readonly maConn?: { readonly peerConnection?: RTCPeerConnection }
  readonly muxer?: StreamMuxer
}

/**
 * Whether this is a WebRTC connection that stands.
 *
 * Some peers, go-libp2p among them, close a stream's channel so soon after its reset that only the channel's end arrives. In this process
 * a connection that is lost has changed its state before its channels close; browsers promise no such order.
 */
export function hasOpenWebRtc(connection: Connection): boolean {
  const { maConn, muxer } = connection as WebRtcConnection
  // While this side ends a connection, its streams end first, and its multiplexer is closing.
  return muxer?.status === 'open' && maConn?.peerConnection?.connectionState === 'connected'
}
