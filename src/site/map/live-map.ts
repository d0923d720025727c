import type { LinkState } from '../../client/index.ts'
import type { PathKind, RelayStatus, ReservationState, StreamStatus } from '../../status/index.ts'

/** What the live map shows: your peer, its circuit relay, and the browser at the other end. */
export interface LiveMap {
  /** Your peer's ID, or empty. */
  self: string
  /** `unknown`: your peer doesn't tell. `none`: no circuit relay is configured. `lost`: none answers. */
  relay: 'unknown' | 'none' | 'trying' | 'held' | 'lost'
  /** The circuit relay's peer ID, or empty. */
  relayId: string
  /** What carries the connections that the map shows. */
  link: LinkState | 'none'
  /** The ID of one of the peers at the other end, or empty. */
  other: string
  /** How many other peers these connections lead to. */
  others: number
  /** Whether the peer can't use WebRTC in this browser, so that connections between browsers stay relayed. */
  lacksWebRtc: boolean
}

/** The map while nothing is known about the peer. */
export const EMPTY_MAP: LiveMap = {
  self: '',
  relay: 'unknown',
  relayId: '',
  link: 'none',
  other: '',
  others: 0,
  lacksWebRtc: false,
}

const LINKS: Readonly<Record<PathKind, LinkState>> = {
  direct: 'direct',
  webrtc: 'direct',
  relayed: 'relayed',
  loopback: 'local',
  interrupted: 'interrupted',
}

/** If connections differ, the map shows those of the first of these, for whose change users wait. */
const LINK_ORDER: readonly LinkState[] = ['interrupted', 'relayed', 'direct', 'local']

/** The circuit relay in the best state is shown. */
const RELAY_ORDER: readonly ReservationState['kind'][] = ['held', 'trying', 'spare', 'waiting']
const RELAYS: Readonly<Record<ReservationState['kind'], LiveMap['relay']>> = {
  held: 'held',
  trying: 'trying',
  spare: 'trying',
  waiting: 'lost',
}

/** Returns the map of a peer. */
export function liveMapOf({ peer, clients, transports }: RelayStatus): LiveMap {
  if (peer === undefined) return EMPTY_MAP
  const [relay] = peer.relays.toSorted(
    (one, two) => RELAY_ORDER.indexOf(one.state.kind) - RELAY_ORDER.indexOf(two.state.kind),
  )
  const streams = clients.flatMap((client) => client.streams)
  const link = LINK_ORDER.find((state) => streams.some(({ path }) => LINKS[path] === state)) ?? 'none'
  const shown = streams.filter(({ path }) => LINKS[path] === link)
  const others = new Set(shown.map((stream) => stream.peer))
  const carrier = link === 'relayed' ? carrierOf(shown, peer.connections) : undefined
  return {
    self: peer.id,
    relay: relay === undefined ? 'none' : RELAYS[relay.state.kind],
    relayId: carrier ?? relay?.relay ?? '',
    link,
    other: link === 'local' ? '' : (shown[0]?.peer ?? ''),
    others: others.size,
    lacksWebRtc: transports.some(
      ({ name, why }) => name === 'webrtc' && (why === 'unsupported' || why === 'blocked'),
    ),
  }
}

/** Returns the ID of the circuit relay that carries a stream. */
function carrierOf(
  streams: readonly StreamStatus[],
  connections: readonly { id: string; relay?: string }[],
): string | undefined {
  const ids = new Set(streams.map(({ connection }) => connection))
  return connections.find(({ id, relay }) => ids.has(id) && relay !== undefined)?.relay
}

/** Says in a sentence or two what the map shows. */
export function describeMap({ relay, link, others, lacksWebRtc }: LiveMap): string {
  switch (link) {
    case 'direct': {
      const browsers = others > 1 ? `${others} other browsers` : 'another browser'
      return relay === 'lost'
        ? `Connected directly to ${browsers}. The circuit relay is gone, and the connection goes on.`
        : `Connected directly to ${browsers}. No server is in between.`
    }
    case 'relayed':
      return lacksWebRtc
        ? 'Connected through the circuit relay, and not directly, because this browser has no WebRTC.'
        : 'Connected through the circuit relay, while the browsers look for a direct path.'
    case 'interrupted':
      return 'The connection was interrupted. Your peer is reconnecting.'
    case 'local':
      return 'Two tabs of this browser are connected, inside your peer.'
    case 'none':
      return lacksWebRtc && relay === 'held'
        ? 'Your peer is ready. This browser has no WebRTC, so all goes through the circuit relay, encrypted.'
        : describeRelay(relay)
    default:
      return link satisfies never
  }
}

function describeRelay(relay: LiveMap['relay']): string {
  switch (relay) {
    case 'held':
      return 'Your peer is ready. Other browsers can reach it through the circuit relay.'
    case 'trying':
      return 'Your peer is asking a circuit relay to introduce it to other browsers.'
    case 'lost':
      return 'The circuit relay doesn’t answer, so nobody new can reach your peer. It keeps trying.'
    case 'none':
      return 'No circuit relay is configured, so only tabs of this browser can reach each other.'
    case 'unknown':
      return 'Your peer is running.'
    default:
      return relay satisfies never
  }
}
