import type { Stream } from '@libp2p/interface'

/** The part of a stream of `@libp2p/webrtc` that tells whether its data channel is still there. */
interface ChannelStream extends Stream {
  readonly channel: { readonly readyState: string }
}

/**
 * Returns whether a WebRTC stream that reports the remote's end has in fact lost its data channel. It reports
 * both in the same way, but the channel is still open when the remote's FIN arrives.
 */
export function hasLostChannel(stream: Stream): boolean {
  return 'channel' in stream && (stream as ChannelStream).channel.readyState !== 'open'
}
