import type { PathKind } from '../../status/index.ts'

/** The way that bytes take. */
export interface Path {
  kind: PathKind
  /** What carries them, in words; empty if it is not known, or inside the peer. */
  over: string
  /** The peer ID of the relay between, where there is one. */
  relay: string
}

/** What carries a connection, by a part of its multiaddr; the first that is found names it. */
const CARRIERS: readonly (readonly [part: string, words: string])[] = [
  ['webrtc-direct', 'WebRTC to a server'],
  ['webtransport', 'WebTransport'],
  ['wss', 'WebSocket'],
  ['ws', 'WebSocket'],
  ['quic-v1', 'QUIC'],
  ['tcp', 'TCP'],
]

/** The way of a connection. */
export function pathOf({
  path,
  relay = '',
  address,
}: {
  path: PathKind
  relay?: string
  address: string
}): Path {
  return { kind: path, relay, over: path === 'webrtc' ? 'WebRTC' : carrierOf(address) }
}

/** The way between two pages of one peer. */
export const LOOPBACK: Path = { kind: 'loopback', over: '', relay: '' }

/** The path in one sentence. */
export function pathWords({ kind, over, relay }: Path): string {
  switch (kind) {
    case 'direct':
    case 'webrtc':
      return over === '' ? 'Direct.' : `Direct, over ${over}.`
    case 'relayed':
      return `Through the relay ${shortId(relay)}${over === '' ? '' : `, reached over ${over}`}.`
    case 'loopback':
      return 'Inside this peer, between two of its pages.'
    default:
      return kind satisfies never
  }
}

/** What an address leads over, in a word or two. */
export function addressWords(address: string): string {
  if (address.endsWith('/webrtc')) return 'WebRTC'
  return address.endsWith('/p2p-circuit') ? 'Relayed' : carrierOf(address)
}

/** The end of a peer ID, which is where two of them differ. */
export function shortId(peer: string): string {
  return peer.length <= 10 ? peer : `…${peer.slice(-8)}`
}

function carrierOf(address: string): string {
  // Of a circuit: how the relay is reached.
  const parts = (address.split('/p2p-circuit')[0] ?? '').split('/')
  return CARRIERS.find(([part]) => parts.includes(part))?.[1] ?? ''
}
