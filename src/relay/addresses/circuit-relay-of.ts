import type { Connection } from '@libp2p/interface'
import { Circuit } from '@multiformats/multiaddr-matcher'

/** The peer ID of the circuit relay that a connection goes through, or undefined if it goes through none. */
export function circuitRelayOf({ remoteAddr }: Pick<Connection, 'remoteAddr'>): string | undefined {
  if (!Circuit.exactMatch(remoteAddr)) return undefined
  return remoteAddr.getComponents().find(({ name }) => name === 'p2p')?.value
}
