import type { Multiaddr } from '@multiformats/multiaddr'
import {
  Circuit,
  TCP,
  Unix,
  WebRTC,
  WebRTCDirect,
  WebSockets,
  WebSocketsSecure,
} from '@multiformats/multiaddr-matcher'

const TRANSPORTS = [TCP, WebSockets, WebSocketsSecure, WebRTCDirect, WebRTC, Circuit, Unix]

/**
 * The names of the kinds of addresses, each with a component that only this kind has. The first match counts.
 */
const KINDS: readonly (readonly [component: string, kind: string])[] = [
  ['webtransport', 'WebTransport'],
  ['quic-v1', 'QUIC'],
  ['quic', 'QUIC'],
  ['http-path', 'a path on a web server'],
  ['http', 'HTTP'],
  ['https', 'HTTP'],
  ['onion', 'Tor'],
  ['onion3', 'Tor'],
  ['garlic32', 'I2P'],
  ['garlic64', 'I2P'],
  ['webrtc', 'WebRTC'],
  ['webrtc-direct', 'WebRTC'],
  ['wss', 'WebSocket'],
  ['ws', 'WebSocket'],
  ['tcp', 'TCP'],
]

/**
 * Returns the kind of an address that neither the browser nor Node can dial. Undefined if one of them can.
 */
export function unusableKind(address: Multiaddr): string | undefined {
  const names = address.getComponents().map(({ name }) => name)
  // These are resolved first, and the resulting addresses are checked then.
  const isLookUp = names.length > 0 && names.every((name) => name === 'dnsaddr' || name === 'p2p')
  if (isLookUp || TRANSPORTS.some((transport) => transport.exactMatch(address))) return undefined
  return kindOf(address) === 'TCP' ? 'TCP with something unknown' : kindOf(address)
}

/** Returns the kind of an address, for people. */
export function kindOf(address: Multiaddr): string {
  const names = new Set(address.getComponents().map(({ name }) => name))
  const [, kind = 'no transport is named'] = KINDS.find(([component]) => names.has(component)) ?? []
  return kind
}

/**
 * Returns whether an address is dialled directly: neither over a circuit nor over WebRTC, which starts on a
 * circuit. Circuit relays grant reservations only on such connections.
 */
export function hasOwnTransport(address: Multiaddr): boolean {
  return !address.getComponents().some(({ name }) => name === 'p2p-circuit' || name === 'webrtc')
}
