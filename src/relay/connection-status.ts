import type { Connection } from '@libp2p/interface'
import { WebRTC } from '@multiformats/multiaddr-matcher'
import type { ConnectionStatus, PathKind, Traffic } from '../status/index.ts'
import { relayOf } from './dialing/link.ts'

/** A libp2p connection, as the snapshot has it. */
export function connectionStatus(connection: Connection, traffic: Traffic): ConnectionStatus {
  const { id, remotePeer, remoteAddr, direction, timeline, limits, streams } = connection
  const relay = relayOf(connection)
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

/** How the bytes of a connection go. */
export function pathOf(connection: Connection): Exclude<PathKind, 'loopback'> {
  if (relayOf(connection) !== undefined) return 'relayed'
  return WebRTC.matches(connection.remoteAddr) ? 'webrtc' : 'direct'
}
