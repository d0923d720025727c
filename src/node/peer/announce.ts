import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import {
  Circuit,
  TCP,
  Unix,
  WebRTC,
  WebRTCDirect,
  WebSockets,
  WebSocketsSecure,
} from '@multiformats/multiaddr-matcher'
import { kindOf } from '../../relay/addresses/address-kind.ts'
import { readMultiaddr } from '../../relay/addresses/read-address.ts'

/** Addresses that mean every interface. Nobody can be reached at them. */
const UNSPECIFIED: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

const LISTENABLE = [TCP, WebSockets, WebSocketsSecure, WebRTCDirect, WebRTC, Circuit, Unix]

/**
 * Parses an address for the peer to listen on.
 *
 * @throws Error with a message for the user if the address is invalid or no transport can listen on it, which
 * js-libp2p would ignore
 */
export function readListened(text: string): Multiaddr {
  const address = readMultiaddr(text)
  if (LISTENABLE.some((one) => one.exactMatch(address))) return address
  throw new Error(
    `${address.toString()} cannot be listened on (${kindOf(address)}): it must be a tcp, ws, webrtc-direct or webrtc address`,
  )
}

/**
 * Parses an address for the peer to announce. Others must be able to dial it, and it has no peer ID.
 *
 * @throws Error with a message for the user if it is no such address
 */
export function readAnnounced(text: string): Multiaddr {
  const address = readMultiaddr(text)
  const components = address.getComponents()
  const wrong = (why: string): Error => new Error(`${address.toString()} cannot be announced: ${why}`)
  if (components.some(({ name }) => name === 'p2p')) {
    throw wrong('leave out /p2p/…, because the peer adds its own ID')
  }
  const isDialable = [TCP, WebSockets, WebSocketsSecure, WebRTCDirect].some((one) => one.exactMatch(address))
  if (!isDialable) throw wrong('it must be a tcp, ws, wss or webrtc-direct address')
  if (components.some(({ value }) => value !== undefined && UNSPECIFIED.has(value))) {
    throw wrong('nobody can be reached at an address that means every interface')
  }
  if (components.some(({ name, value }) => (name === 'tcp' || name === 'udp') && Number(value) === 0)) {
    throw wrong('nobody can be reached at port 0')
  }
  return address
}

/**
 * Returns what a peer with AutoTLS announces: the given addresses, and a TLS variant of each WebSocket
 * address, once the service has inserted the certificate's name into it. The WebSocket transport serves both
 * on one port.
 */
export function announceWithTls(announced: readonly string[]): {
  append: string[]
  filter: (addresses: Multiaddr[]) => Multiaddr[]
} {
  const withTls = announced
    .filter((address) => WebSockets.exactMatch(multiaddr(address)))
    .map((address) => address.replace(/\/ws$/u, '/tls/ws'))
  const told = new Set(announced.map((address) => multiaddr(address).toString()))
  return {
    append: [...announced, ...withTls],
    filter: (addresses) =>
      addresses.filter(
        (address) =>
          told.has(address.toString().replace(/\/p2p\/[^/]+$/u, '')) ||
          address.getComponents().some(({ name }) => name === 'sni'),
      ),
  }
}
