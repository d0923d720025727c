import type { Connection } from '@libp2p/interface'
import { WebRTC } from '@multiformats/multiaddr-matcher'
import { circuitRelayOf } from '../addresses/circuit-relay-of.ts'
import type { CircuitLimits } from './circuit-limits.ts'

/** Describes a lost link to the client whose connection it carried. */
export interface LinkDescription {
  /** Which link ended, and the reason if it is known. A clause, not a sentence. */
  text: string
  /** Whether the link was a circuit that reached its limit of bytes or time. */
  limitReached: boolean
  /** Whether the link is still open, so that the other side must have reset the stream. Default false. */
  stands?: boolean
}

/** Describes a link. Call it as soon as a stream over it is lost; later, a circuit's limits are unknown. */
export function describeLink(connection: Connection, limits: CircuitLimits): LinkDescription {
  const { remoteAddr } = connection
  const peer = connection.remotePeer.toString()
  const relayId = circuitRelayOf(connection)
  if (relayId !== undefined) {
    const limit = limits.reached(connection, relayId)
    const relay = remoteAddr.toString().split('/p2p-circuit')[0] ?? ''
    const text = `the circuit to ${peer} through ${relay} ended`
    return limit === undefined
      ? { text, limitReached: false }
      : { text: `${text}, as ${limit}`, limitReached: true }
  }
  const transport = WebRTC.matches(remoteAddr) ? 'WebRTC' : remoteAddr.toString().split('/p2p/')[0]
  return { text: `the connection to ${peer} over ${transport} ended`, limitReached: false }
}
