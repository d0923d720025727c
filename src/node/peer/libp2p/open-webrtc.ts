import type { Connection, StreamMuxer } from '@libp2p/interface'

/** The parts of a WebRTC connection that its interface leaves out. */
interface WebRtcConnection extends Connection {
  readonly maConn?: { readonly peerConnection?: RTCPeerConnection }
  readonly muxer?: StreamMuxer
}

/**
 * Returns whether a connection is over WebRTC and still open.
 *
 * Some peers, such as go-libp2p, close a stream's channel so soon after its reset that only the end of the
 * channel arrives. In Node, a lost connection changes its state before its channels close, so the two can be
 * told apart. Browsers don't guarantee that order.
 */
export function hasOpenWebRtc(connection: Connection): boolean {
  const { maConn, muxer } = connection as WebRtcConnection
  // When this side closes a connection, its multiplexer is closing before its streams end.
  return muxer?.status === 'open' && maConn?.peerConnection?.connectionState === 'connected'
}
