import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import { hasOwnTransport, unusableKind } from './address-kind.ts'
import { messageOf } from '../log.ts'
import { trimPasted, withUsualPeerIds } from './peer-id.ts'

/**
 * Reads a multiaddr that a person typed or pasted. The result is trimmed and valid, and its peer IDs are in
 * base58. Call it once, where the text enters the program.
 *
 * @throws Error with a message for the person who wrote it
 */
export function readMultiaddr(value: unknown): Multiaddr {
  if (typeof value !== 'string') throw new Error(`${JSON.stringify(value)} is not a multiaddr`)
  const text = trimPasted(value)
  try {
    return withUsualPeerIds(multiaddr(text))
  } catch (error) {
    throw new Error(`${JSON.stringify(text)} is not a multiaddr: ${messageOf(error)}`, { cause: error })
  }
}

/**
 * Reads the multiaddr of a peer. It must end in `/p2p/…`, and the browser or Node must be able to dial it.
 *
 * @throws Error with a message for the person who wrote it
 */
export function readPeerAddress(value: unknown): string {
  const address = readMultiaddr(value)
  const text = address.toString()
  if (address.getComponents().at(-1)?.name !== 'p2p') throw new Error(`${text} does not end in /p2p/…`)
  const kind = unusableKind(address)
  if (kind !== undefined) {
    throw new Error(
      `${text} cannot be dialled (${kind}): name a TCP, WebSocket (/ws, /tls/ws), WebRTC or circuit relay address`,
    )
  }
  return text
}

/**
 * Reads the multiaddr of a circuit relay. It must end in `/p2p/…` and be dialled directly.
 *
 * @throws Error with a message for the person who wrote it
 */
export function readCircuitRelayAddress(value: unknown): string {
  const text = readPeerAddress(value)
  if (!hasOwnTransport(multiaddr(text))) {
    throw new Error(
      `${text} leads through another circuit relay: name the circuit relay's own address, such as /dns4/…/tcp/443/tls/ws/p2p/…`,
    )
  }
  return text
}
