import { formatBytes } from '../platform/format.ts'
import type { Finding } from './diagnosis.ts'
import type { ConnectionStatus, PeerStatus, RelayStatus } from './status.ts'
import { isBrowser, listed } from './finding-words.ts'

/** Dials above which new connections are likely to take long. */
export const MANY_DIALS = 64
/** Remaining bytes of a limited circuit below which its streams are about to be closed. */
export const FEW_BYTES = 65_536

const LOOPBACK = /^\/(?:ip4\/127\.|ip6\/::1\/|dns[46]?\/localhost\/)/u

/** Returns the findings about whether others can reach the peer, and it them. */
export function reachFindings(status: RelayStatus): Finding[] {
  const { peer } = status
  if (peer === undefined) return []
  return [publicFinding(status, peer), dialFinding(peer), circuitFinding(peer)].flatMap(
    (finding) => finding ?? [],
  )
}

/** For programs only. Browsers are reached through circuit relays, which have findings of their own. */
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
      text: 'Your peer listens on this machine only, so only browsers and programs on this machine can reach it.',
      action: 'To let others reach it, listen on other addresses too: -listen /ip4/0.0.0.0/tcp/0.',
    }
  }
  return {
    id: 'not-public',
    severity: 'warning',
    text: 'None of the addresses of your peer is known to be reachable from outside. Peers in its own network can reach it.',
    action:
      'Forward a port to it on the router, and announce that address with -announce. Or wait: other peers may soon confirm an address.',
  }
}

function dialFinding({ dialCount }: PeerStatus): Finding | undefined {
  if (dialCount <= MANY_DIALS) return undefined
  return {
    id: 'dials-waiting',
    severity: 'warning',
    text: `${dialCount} connections are being opened or are queued, so new ones may take a long time.`,
    action: 'Wait, or close the page that opens so many.',
  }
}

function circuitFinding({ connections }: PeerStatus): Finding | undefined {
  const ending = connections.filter(isEnding)
  if (ending.length === 0) return undefined
  const which = listed(
    ending.slice(0, 3).map(({ peer, leftBytes = 0 }) => `${formatBytes(leftBytes)} left to ${peer}`),
  )
  return {
    id: 'circuit-ending',
    severity: 'warning',
    text: `A circuit relay is about to close a connection that has almost used up its data limit: ${which}.`,
    action:
      'Use a circuit relay with a higher limit (-relaydata), or make sure that both sides have WebRTC, which does not need one.',
  }
}

function isEnding({ limited, leftBytes, streams }: ConnectionStatus): boolean {
  return limited && leftBytes !== undefined && leftBytes < FEW_BYTES && streams.length > 0
}
