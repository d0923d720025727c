import type { Connection } from '@libp2p/interface'
import { WebRTC } from '@multiformats/multiaddr-matcher'
import { circuitRelayOf } from '../addresses/circuit-relay-of.ts'
import type { CircuitLimits } from './circuit-limits.ts'

/** What carried a stream, for the one who has lost it. */
export interface Link {
  link: string
  /** The relay's limit, in bytes or in time, was used up. */
  limitReached: boolean
  /** It still stands, so the other side has ended the stream, though it did not say so. Default false. */
  stands?: boolean
}

/** Describes a libp2p connection, at the time when a stream over it was lost. */
export function describeLink(connection: Connection, limits: CircuitLimits): Link {
  const { remoteAddr } = connection
  const peer = connection.remotePeer.toString()
  const relayId = circuitRelayOf(connection)
  if (relayId !== undefined) {
    const limit = limits.reached(connection, relayId)
    const relay = remoteAddr.toString().split('/p2p-circuit')[0] ?? ''
    const link = `the circuit to ${peer} through ${relay} ended`
    return limit === undefined
      ? { link, limitReached: false }
      : { link: `${link}, as ${limit}`, limitReached: true }
  }
  const transport = WebRTC.matches(remoteAddr) ? 'WebRTC' : remoteAddr.toString().split('/p2p/')[0]
  return { link: `the connection to ${peer} over ${transport} ended`, limitReached: false }
}
