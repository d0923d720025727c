/** The way that a connection takes, read from its multiaddr. */
export type Path =
  /** Nothing stands between. `over` is what carries it, in words. */
  | { kind: 'direct'; over: string }
  /** All of it goes through a relay, whose peer ID it is. */
  | { kind: 'relayed'; relay: string; over: string }
  /** Two pages of this peer. */
  | { kind: 'loopback' }

/** What carries a connection, by a part of its multiaddr; the first that is found names it. */
const CARRIERS: readonly (readonly [part: string, words: string])[] = [
  ['webrtc-direct', 'WebRTC to a server'],
  ['webrtc', 'WebRTC'],
  ['webtransport', 'WebTransport'],
  ['wss', 'WebSocket'],
  ['ws', 'WebSocket'],
  ['quic-v1', 'QUIC'],
  ['tcp', 'TCP'],
]

/** Reads the multiaddr of a connection's other end. */
export function pathOf(address: string): Path {
  const parts = address.split('/')
  const circuit = parts.lastIndexOf('p2p-circuit')
  // WebRTC between browsers is named by the circuit over which it was made; what it carries goes past it.
  if (circuit >= 0 && !parts.slice(circuit).includes('webrtc')) {
    const toRelay = parts.slice(0, circuit)
    const at = toRelay.lastIndexOf('p2p')
    return { kind: 'relayed', relay: at < 0 ? '' : (toRelay[at + 1] ?? ''), over: carrierOf(toRelay) }
  }
  return { kind: 'direct', over: carrierOf(parts) }
}

/** The path in one sentence. */
export function pathWords(path: Path): string {
  switch (path.kind) {
    case 'direct':
      return `Direct, over ${path.over}.`
    case 'relayed':
      return `Through the relay ${shortId(path.relay)}, reached over ${path.over}.`
    case 'loopback':
      return 'Inside this peer, between two of its pages.'
    default:
      return path satisfies never
  }
}

/** The end of a peer ID, which is where two of them differ. */
export function shortId(peer: string): string {
  return peer.length <= 10 ? peer : `…${peer.slice(-8)}`
}

function carrierOf(parts: readonly string[]): string {
  return CARRIERS.find(([part]) => parts.includes(part))?.[1] ?? 'an unknown way'
}
