import type { Subprotocol } from '../protocol/index.ts'
import { SUBPROTOCOL } from '../protocol/index.ts'
import { ADMIN_PROTOCOL } from './messages.ts'

/** The protocol of a WebSocket on `/libp2p`. */
export interface SpokenProtocol {
  /** The WebSocket subprotocol, or empty. */
  name: string
  isAdmin: boolean
  /** The relay's protocol, on a socket that isn't the admin endpoint's. */
  subprotocol: Subprotocol
}

/**
 * Chooses what a WebSocket speaks, from the subprotocols that its client offers. If it knows none of them,
 * the name is empty, and a client that has offered some then fails to connect, as the standard requires.
 */
export function chooseProtocol(offered: Iterable<string>): SpokenProtocol {
  const names = new Set(offered)
  if (names.has(ADMIN_PROTOCOL)) return { name: ADMIN_PROTOCOL, isAdmin: true, subprotocol: '' }
  const subprotocol = names.has(SUBPROTOCOL) ? SUBPROTOCOL : ''
  return { name: subprotocol, isAdmin: false, subprotocol }
}
