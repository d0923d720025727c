import type { Finding } from './diagnosis.ts'
import type { PeerStatus, RelayStatus } from './status.ts'
import { asSentence, counted, isBrowser, numberWord } from './finding-words.ts'

/** Milliseconds after the start during which an empty DHT routing table is normal. */
export const DHT_FILL_MS = 30_000

/** Returns the findings about looking up peers by ID. */
export function routingFindings(status: RelayStatus): Finding[] {
  const { peer } = status
  if (peer === undefined) return []
  return [
    bootstrapFinding(peer),
    dhtFinding(status, peer),
    delegatedFinding(peer),
    noRoutingFinding(status, peer),
  ].flatMap((finding) => finding ?? [])
}

/** Reported only after a bootstrap peer could not be dialled. */
function bootstrapFinding({ routing: { bootstrap } }: PeerStatus): Finding | undefined {
  const failure = bootstrap.find(({ lastError }) => lastError !== undefined)?.lastError
  if (failure === undefined || bootstrap.some(({ connected }) => connected)) return undefined
  const what =
    bootstrap.length === 1
      ? 'The bootstrap peer is not connected'
      : `None of the ${numberWord(bootstrap.length)} bootstrap peers is connected`
  return {
    id: 'no-bootstrap',
    severity: 'warning',
    text: `${what}: ${asSentence(failure.message)} Until one is, peers cannot be found by their ID alone.`,
    action:
      'Check whether they are running, and whether their addresses are correct. Your peer keeps dialling them.',
  }
}

function dhtFinding({ atMs }: RelayStatus, { startedMs, routing }: PeerStatus): Finding | undefined {
  const { dht, bootstrap } = routing
  const isConnected = bootstrap.some(({ connected }) => connected)
  if (dht === undefined || dht.peers > 0 || !isConnected || atMs - startedMs < DHT_FILL_MS) return undefined
  return {
    id: 'dht-empty',
    severity: 'warning',
    text: 'Your peer is connected to the network, but none of the peers it has met answers DHT queries, so peers cannot be found by their ID alone.',
    action: 'Add a bootstrap peer that serves the DHT, such as the Node build.',
  }
}

function delegatedFinding({ routing: { delegated } }: PeerStatus): Finding | undefined {
  const failing = delegated.filter(({ lastError }) => lastError !== undefined)
  const [first] = failing
  if (first?.lastError === undefined) return undefined
  const others =
    failing.length > 1 ? ` The same is true of ${counted(failing.length - 1, 'other server')}.` : ''
  return {
    id: 'delegated-failing',
    severity: 'warning',
    text: `Looking up peers at ${first.url} fails: ${asSentence(first.lastError.message)}${others}`,
    action: 'Replace or remove this delegated routing server in the settings or in /network.json.',
  }
}

function noRoutingFinding(status: RelayStatus, { routing }: PeerStatus): Finding | undefined {
  const { dht, bootstrap, delegated } = routing
  if (!isBrowser(status) || bootstrap.length + delegated.length > 0 || dht !== undefined) return undefined
  return {
    id: 'no-routing',
    severity: 'info',
    text: 'No bootstrap peer or delegated routing server is configured, so peers can be found by their connect string, but not by their ID alone.',
    action: 'To find peers by their ID, add a bootstrap peer in the settings or in /network.json.',
  }
}
