import type { Connection } from '@libp2p/interface'
import { WebRTC } from '@multiformats/multiaddr-matcher'
import type { ConnectionStatus, Traffic } from '../status/index.ts'
import { circuitRelayOf } from './addresses/circuit-relay-of.ts'

/** Describes a libp2p connection for the status. */
export function connectionStatus(connection: Connection, traffic: Traffic): ConnectionStatus {
  const { id, remotePeer, remoteAddr, direction, timeline, limits, streams } = connection
  const relay = circuitRelayOf(connection)
  const leftBytes = limits?.bytes
  return {
    id,
    peer: remotePeer.toString(),
    address: remoteAddr.toString(),
    direction,
    openedMs: timeline.open,
    path: pathOf(connection),
    ...(relay === undefined ? {} : { relay }),
    limited: limits !== undefined,
    ...(leftBytes === undefined ? {} : { leftBytes: Number(leftBytes) }),
    streams: streams.map(({ protocol }) => protocol),
    ...traffic,
  }
}

/** Returns the path of a connection: direct, over WebRTC or through a circuit relay. */
export function pathOf(connection: Connection): ConnectionStatus['path'] {
  if (circuitRelayOf(connection) !== undefined) return 'relayed'
  return WebRTC.matches(connection.remoteAddr) ? 'webrtc' : 'direct'
}
