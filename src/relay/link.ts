import type { Connection } from '@libp2p/interface'
import { Circuit, WebRTC } from '@multiformats/multiaddr-matcher'

/**
 * Bytes left of a circuit's allowance below which its end is taken for the limit: what the relay holds of the circuit when
 * it cuts it, a stream's window at the most, counts there and never arrives here.
 */
const LIMIT_MARGIN_BYTES = 327_680n

/** What carried a stream, for the one who has lost it. */
export interface Link {
  link: string
  /** The relay's limit, in bytes or in time, was used up. */
  limitReached: boolean
}

/**
 * Describes a libp2p connection, at the time when a stream over it was lost. `isConnected` says whether the peer with such an
 * ID is still connected: a circuit whose relay is gone has met no limit.
 */
export function describeLink(connection: Connection, isConnected: (peer: string) => boolean): Link {
  const { remoteAddr, limits } = connection
  const peer = connection.remotePeer.toString()
  if (Circuit.exactMatch(remoteAddr)) {
    const bytesLeft = limits?.bytes
    const secondsLeft = limits?.seconds
    const relayId = remoteAddr.getComponents().find(({ name }) => name === 'p2p')?.value ?? ''
    const usedUp =
      (bytesLeft !== undefined && bytesLeft < LIMIT_MARGIN_BYTES) ||
      (secondsLeft !== undefined && secondsLeft <= 1)
    const limitReached = usedUp && isConnected(relayId)
    const relay = remoteAddr.toString().split('/p2p-circuit')[0] ?? ''
    return { link: `the circuit to ${peer} through ${relay} ended`, limitReached }
  }
  const transport = WebRTC.matches(remoteAddr) ? 'WebRTC' : remoteAddr.toString().split('/p2p/')[0]
  return { link: `the connection to ${peer} over ${transport} ended`, limitReached: false }
}
