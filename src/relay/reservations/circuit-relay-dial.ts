import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { hasOwnTransport } from '../addresses/address-kind.ts'
import type { Peer } from '../peer.ts'
import { timeoutSignal } from '../timeouts.ts'
import { ReservationError, failureOf } from './reservation-error.ts'

/** Milliseconds to reach a circuit relay. */
const DIAL_TIMEOUT_MS = 4_000

/**
 * Connects to a circuit relay over a transport of its own, as circuit relays grant no reservations over a
 * circuit or WebRTC. Existing connections are used if they answer.
 *
 * @returns the connection, and whether this call opened it
 * @throws ReservationError of the kind `unreachable` or `slow`
 */
export async function dialCircuitRelay(
  peer: Peer,
  id: string,
  addresses: Multiaddr[],
  signal: AbortSignal,
): Promise<{ connection: Connection; isNew: boolean }> {
  const timeout = AbortSignal.any([signal, timeoutSignal(DIAL_TIMEOUT_MS)])
  const { libp2p, silent } = peer
  const isUseless = (one: Connection): boolean => !hasOwnTransport(one.remoteAddr) || silent.has(one)
  const before = new Set(libp2p.getConnections())
  let connection: Connection
  try {
    connection = await libp2p.dial(addresses, { signal: timeout })
    // js-libp2p may return an existing connection, or join a dial of the same peer over a circuit or WebRTC.
    if (isUseless(connection)) connection = await libp2p.dial(addresses, { signal: timeout, force: true })
  } catch (error) {
    throw failureOf('unreachable', error, timeout)
  }
  if (connection.remotePeer.toString() !== id)
    throw new ReservationError('unreachable', 'another peer answers there')
  if (isUseless(connection))
    throw new ReservationError(
      'unreachable',
      'it can be reached only through another circuit relay or over WebRTC',
    )
  return { connection, isNew: !before.has(connection) && connection.direction === 'outbound' }
}
