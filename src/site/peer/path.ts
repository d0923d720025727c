import type { ConnectionStatus, PathKind } from '../../status/index.ts'

/** The path that a connection's bytes take. */
export interface Path {
  kind: Exclude<PathKind, 'interrupted'>
  /** The transport's display name; empty if unknown or for a path inside the peer. */
  over: string
  /** The peer ID of the circuit relay, or empty. */
  relay: string
}

/** Display names of transports by multiaddr component. The first match counts. */
const TRANSPORTS: readonly (readonly [part: string, name: string])[] = [
  ['webrtc-direct', 'WebRTC Direct'],
  ['webtransport', 'WebTransport'],
  ['wss', 'WebSocket'],
  ['ws', 'WebSocket'],
  ['quic-v1', 'QUIC'],
  ['tcp', 'TCP'],
]

/** Returns the path of a connection. */
export function pathOf({
  path,
  relay = '',
  address,
}: {
  path: ConnectionStatus['path']
  relay?: string
  address: string
}): Path {
  return { kind: path, relay, over: path === 'webrtc' ? 'WebRTC' : transportOf(address) }
}

/** The path between two pages of the same peer. */
export const LOOPBACK: Path = { kind: 'loopback', over: '', relay: '' }

/** Describes a path in a sentence. */
export function describePath({ kind, over, relay }: Path): string {
  switch (kind) {
    case 'direct':
    case 'webrtc':
      return over === '' ? 'Direct.' : `Direct, over ${over}.`
    case 'relayed':
      return `Through the circuit relay ${shortId(relay)}${over === '' ? '' : `, reached over ${over}`}.`
    case 'loopback':
      return 'Between two of your pages, inside your peer.'
    default:
      return kind satisfies never
  }
}

/** Names the kind of an address in a word or two. */
export function describeAddressKind(address: string): string {
  if (address.endsWith('/webrtc')) return 'WebRTC'
  return address.endsWith('/p2p-circuit') ? 'Relayed' : transportOf(address)
}

/** Shortens a peer ID to its end, because many IDs begin alike. */
export function shortId(peer: string): string {
  return peer.length <= 10 ? peer : `…${peer.slice(-8)}`
}

function transportOf(address: string): string {
  // In a circuit address, the part before `/p2p-circuit` is the circuit relay's own address.
  const parts = (address.split('/p2p-circuit')[0] ?? '').split('/')
  return TRANSPORTS.find(([part]) => parts.includes(part))?.[1] ?? ''
}
