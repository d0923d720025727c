import type { Finding } from './diagnosis.ts'
import type { PeerStatus, RelayStatus } from './status.ts'
import { asSentence, counted, isBrowser } from './words.ts'

/** Milliseconds after the start before which an empty table of the DHT means nothing. */
export const DHT_FILL_MS = 30_000

/** What is to be said of finding peers by their ID. */
export function routingFindings(status: RelayStatus): Finding[] {
  const { peer } = status
  if (peer === undefined) return []
  return [
    bootstrapFinding(peer),
    dhtFinding(status, peer),
    delegatedFinding(peer),
    nobodyFinding(status, peer),
  ].flatMap((finding) => finding ?? [])
}

/** Only once they have been dialled in vain. */
function bootstrapFinding({ routing: { bootstrap } }: PeerStatus): Finding | undefined {
  const failure = bootstrap.find(({ lastError }) => lastError !== undefined)?.lastError
  if (failure === undefined || bootstrap.some(({ connected }) => connected)) return undefined
  const who =
    bootstrap.length === 1
      ? 'The peer by which this one enters the network is'
      : `None of the ${counted(bootstrap.length, 'address', 'addresses')} by which this peer enters the network is`
  const not = bootstrap.length === 1 ? 'not ' : ''
  return {
    id: 'no-bootstrap',
    severity: 'warning',
    text: `${who} ${not}connected: ${asSentence(failure.message)} Peers cannot be found by their ID alone until one is.`,
    action: 'See whether they run, and whether the addresses are right; they are dialled again all the time.',
  }
}

function dhtFinding({ atMs }: RelayStatus, { startedMs, routing }: PeerStatus): Finding | undefined {
  const { dht, bootstrap } = routing
  const isEntered = bootstrap.some(({ connected }) => connected)
  if (dht === undefined || dht.peers > 0 || !isEntered || atMs - startedMs < DHT_FILL_MS) return undefined
  return {
    id: 'dht-empty',
    severity: 'warning',
    text: 'The peer is connected to the network, but none of those it has met answers questions of the DHT: peers cannot be found by their ID alone.',
    action: 'Name a bootstrap peer that serves the DHT: the Node build does.',
  }
}

function delegatedFinding({ routing: { delegated } }: PeerStatus): Finding | undefined {
  const failing = delegated.filter(({ lastError }) => lastError !== undefined)
  const [first] = failing
  if (first?.lastError === undefined) return undefined
  const others = failing.length > 1 ? ` Nor does it at ${counted(failing.length - 1, 'other')}.` : ''
  return {
    id: 'delegated-failing',
    severity: 'warning',
    text: `Looking peers up at ${first.url} does not work: ${asSentence(first.lastError.message)}${others}`,
    action: 'Name another server for delegated routing in the settings or in /network.json, or none.',
  }
}

function nobodyFinding(status: RelayStatus, { routing }: PeerStatus): Finding | undefined {
  const { dht, bootstrap, delegated } = routing
  if (!isBrowser(status) || bootstrap.length + delegated.length > 0 || dht !== undefined) return undefined
  return {
    id: 'no-routing',
    severity: 'info',
    text: 'Nobody is named who could tell where a peer is, so a peer is found by its connect string, and not by its ID alone.',
    action: 'If that is wanted, name a bootstrap peer in the settings or in /network.json.',
  }
}
