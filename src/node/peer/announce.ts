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

/** Addresses that mean every interface: nobody can be reached there. */
const UNSPECIFIED: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

const LISTENABLE = [TCP, WebSockets, WebSocketsSecure, WebRTCDirect, WebRTC, Circuit, Unix]

/**
 * Reads an address that the peer is to listen on. js-libp2p would leave out one that no transport can listen on without a word.
 *
 * @throws Error in words for whoever wrote it
 */
export function readListened(text: string): Multiaddr {
  const address = readMultiaddr(text)
  if (LISTENABLE.some((one) => one.exactMatch(address))) return address
  throw new Error(
    `${address.toString()} cannot be listened on (${kindOf(address)}): it must be a tcp, ws, webrtc-direct or webrtc address`,
  )
}

/**
 * Reads an address that the peer is to announce: what others can dial, without a peer ID.
 *
 * @throws Error in words for who wrote it
 */
export function readAnnounced(text: string): Multiaddr {
  const address = readMultiaddr(text)
  const components = address.getComponents()
  const wrong = (why: string): Error => new Error(`${address.toString()} cannot be announced: ${why}`)
  if (components.some(({ name }) => name === 'p2p')) {
    throw wrong('it is without /p2p/…, as the peer adds its own ID')
  }
  const isDialable = [TCP, WebSockets, WebSocketsSecure, WebRTCDirect].some((one) => one.exactMatch(address))
  if (!isDialable) throw wrong('it is none of tcp, ws, wss and webrtc-direct')
  if (components.some(({ value }) => value !== undefined && UNSPECIFIED.has(value))) {
    throw wrong('nobody is reached at an address that means every interface')
  }
  if (components.some(({ name, value }) => (name === 'tcp' || name === 'udp') && Number(value) === 0)) {
    throw wrong('port 0 is none that can be dialled')
  }
  return address
}

/**
 * What a peer with AutoTLS announces: as it was told, and each announced WebSocket address also with TLS, once the service has put
 * the name into it that its certificate is for; the WebSocket transport serves both on one port.
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
