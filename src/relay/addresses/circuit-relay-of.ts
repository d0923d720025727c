import type { Connection } from '@libp2p/interface'
import { Circuit } from '@multiformats/multiaddr-matcher'

/** Returns the peer ID of the circuit relay that a connection goes through. Undefined if it is no circuit. */
export function circuitRelayOf({ remoteAddr }: Pick<Connection, 'remoteAddr'>): string | undefined {
  if (!Circuit.exactMatch(remoteAddr)) return undefined
  return remoteAddr.getComponents().find(({ name }) => name === 'p2p')?.value
}
