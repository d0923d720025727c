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

/** What an address is called after, by a component that only its kind has; the first that is there counts. */
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

/** The kind of an address that no host of ours can dial; undefined for those that one can. */
export function unusableKind(address: Multiaddr): string | undefined {
  const names = address.getComponents().map(({ name }) => name)
  // These are looked up first: what they lead to is judged then.
  const isLookUp = names.length > 0 && names.every((name) => name === 'dnsaddr' || name === 'p2p')
  if (isLookUp || TRANSPORTS.some((transport) => transport.exactMatch(address))) return undefined
  return kindOf(address) === 'TCP' ? 'TCP with something unknown' : kindOf(address)
}

/** The kind of an address, for people. */
export function kindOf(address: Multiaddr): string {
  const names = new Set(address.getComponents().map(({ name }) => name))
  const [, kind = 'no transport is named'] = KINDS.find(([component]) => names.has(component)) ?? []
  return kind
}

/**
 * Whether an address is dialled by a transport of its own: neither through a circuit nor over WebRTC, which
 * begins on one. Only there can a peer serve as a circuit relay.
 */
export function hasOwnTransport(address: Multiaddr): boolean {
  return !address.getComponents().some(({ name }) => name === 'p2p-circuit' || name === 'webrtc')
}
