import type { Finding } from './diagnosis.ts'
import type { ConnectionStatus, PeerStatus, RelayStatus } from './status.ts'
import { isBrowser, listed, sizeOf } from './words.ts'

/** Dials that wait past which something asks for more than the network gives. */
export const MANY_DIALS = 64
/** Bytes that a relay lets through still, below which a stream is about to be cut. */
export const FEW_BYTES = 65_536

const LOOPBACK = /^\/(?:ip4\/127\.|ip6\/::1\/|dns[46]?\/localhost\/)/u

/** What is to be said of the ways from others to the peer, and from it to others. */
export function reachFindings(status: RelayStatus): Finding[] {
  const { peer } = status
  if (peer === undefined) return []
  return [publicFinding(status, peer), dialFinding(peer), circuitFinding(peer)].flatMap(
    (finding) => finding ?? [],
  )
}

/** A browser is reached through relays, of which the findings are others. */
function publicFinding(
  status: RelayStatus,
  { public: isPublic, addresses }: PeerStatus,
): Finding | undefined {
  if (isPublic || isBrowser(status)) return undefined
  const isLocal = addresses.length > 0 && addresses.every(({ address }) => LOOPBACK.test(address))
  if (isLocal) {
    return {
      id: 'this-machine-only',
      severity: 'info',
      text: 'The peer listens on this machine only: browsers and programs on it can reach it, and nobody else.',
      action: 'If others are to reach it, let it listen on more: -listen /ip4/0.0.0.0/tcp/0.',
    }
  }
  return {
    id: 'not-public',
    severity: 'warning',
    text: 'None of the addresses of this peer is known to be reachable from outside. Peers of its own network can reach it.',
    action:
      'Let the router pass a port on to it, and name that address by -announce; or wait: others may confirm one soon.',
  }
}

function dialFinding({ dialCount }: PeerStatus): Finding | undefined {
  if (dialCount <= MANY_DIALS) return undefined
  return {
    id: 'dials-waiting',
    severity: 'warning',
    text: `${dialCount} connections are being opened or wait for their turn, so that a new one may take long.`,
    action: 'Wait, or close the page that asks for so many.',
  }
}

function circuitFinding({ connections }: PeerStatus): Finding | undefined {
  const ending = connections.filter(isEnding)
  if (ending.length === 0) return undefined
  const which = listed(ending.slice(0, 3).map(({ peer, leftBytes = 0 }) => `${sizeOf(leftBytes)} to ${peer}`))
  return {
    id: 'circuit-ending',
    severity: 'warning',
    text: `A relay is about to cut a connection whose bytes are nearly used up: ${which}.`,
    action: 'Use a relay that allows more (-relaydata), or let both sides have WebRTC, which needs none.',
  }
}

function isEnding({ limited, leftBytes, streams }: ConnectionStatus): boolean {
  return limited && leftBytes !== undefined && leftBytes < FEW_BYTES && streams.length > 0
}
