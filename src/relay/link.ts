import type { Connection } from '@libp2p/interface'
import { Circuit, WebRTC } from '@multiformats/multiaddr-matcher'

/** Bytes left of a circuit's allowance below which its loss is taken for the limit: the last chunk is cut at the relay. */
const LIMIT_MARGIN_BYTES = 65_536n

/** What carried a stream, for the one who has lost it. */
export interface Link {
  link: string
  /** The relay's limit, in bytes or in time, was used up. */
  limitReached: boolean
}

/** Describes a libp2p connection, at the time when a stream over it was lost. */
export function describeLink(connection: Connection): Link {
  const { remoteAddr, limits } = connection
  const peer = connection.remotePeer.toString()
  if (Circuit.exactMatch(remoteAddr)) {
    const bytesLeft = limits?.bytes
    const secondsLeft = limits?.seconds
    const limitReached =
      (bytesLeft !== undefined && bytesLeft < LIMIT_MARGIN_BYTES) ||
      (secondsLeft !== undefined && secondsLeft <= 1)
    const relay = remoteAddr.toString().split('/p2p-circuit')[0] ?? ''
    return { link: `the circuit to ${peer} through ${relay} ended`, limitReached }
  }
  const transport = WebRTC.matches(remoteAddr) ? 'WebRTC' : remoteAddr.toString().split('/p2p/')[0]
  return { link: `the connection to ${peer} over ${transport} ended`, limitReached: false }
}
