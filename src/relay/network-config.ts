import { messageOf } from './log.ts'
import { readPeerAddress, readCircuitRelayAddress } from './addresses/read-address.ts'

/** How a peer finds others: the content of `/network.json`. */
export interface NetworkConfig {
  /** Reservations on circuit relays to hold, 0 to 8. Default 2, so that losing one leaves another. */
  reservations: number
  /** Circuit relays to hold reservations on: multiaddrs that end in the circuit relay's `/p2p/…`. */
  relays: string[]
  /** Peers to connect to at the start, for the DHT. */
  bootstrap: string[]
  /** URLs of delegated routing endpoints. */
  delegatedRouting: string[]
  /** STUN and TURN servers, as in the W3C's RTCConfiguration. An empty list means none, not a default. */
  iceServers: RTCIceServer[]
}

/** Reservations that a peer holds by default. */
export const DEFAULT_RESERVATIONS = 2
/** The most reservations that can be configured. Each uses a slot of its circuit relay. */
export const MAX_RESERVATIONS = 8

/** The network of a peer that knows no other peers: it can only reach peers whose addresses a page names. */
export const EMPTY_NETWORK: Readonly<NetworkConfig> = {
  reservations: DEFAULT_RESERVATIONS,
  relays: [],
  bootstrap: [],
  delegatedRouting: [],
  iceServers: [],
}

/** The most entries that are read from one list in `/network.json`. */
const MAX_ENTRIES = 64

/**
 * Reads `/network.json`. Nothing in it is fatal: entries that can't be used are left out, and `problems` has
 * one line for each. `flawed` has the names of the fields with problems.
 */
export function parseNetworkConfig(value: unknown): {
  network: NetworkConfig
  problems: string[]
  flawed: string[]
} {
  const problems: string[] = []
  const flawed = new Set<string>()
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { network: { ...EMPTY_NETWORK }, problems: ['it is not a JSON object'], flawed: [] }
  }
  const fields = new Map<string, unknown>(Object.entries(value))
  const list = <T>(name: string, read: (item: unknown) => T): T[] => {
    const items = fields.get(name) ?? []
    if (!Array.isArray(items)) {
      problems.push(`"${name}" is not an array`)
      flawed.add(name)
      return []
    }
    if (items.length > MAX_ENTRIES)
      problems.push(`"${name}" has ${items.length} entries: ${MAX_ENTRIES} are read`)
    return items.slice(0, MAX_ENTRIES).flatMap((item: unknown) => {
      try {
        return [read(item)]
      } catch (error) {
        problems.push(`"${name}": ${messageOf(error)}`)
        flawed.add(name)
        return []
      }
    })
  }
  const reservations = fields.get('reservations') ?? DEFAULT_RESERVATIONS
  const isCount =
    typeof reservations === 'number' &&
    Number.isInteger(reservations) &&
    reservations >= 0 &&
    reservations <= MAX_RESERVATIONS
  if (!isCount) problems.push(`"reservations" is not a number from 0 to ${MAX_RESERVATIONS}`)
  const network = {
    reservations: isCount ? reservations : DEFAULT_RESERVATIONS,
    relays: list('relays', readCircuitRelayAddress),
    bootstrap: list('bootstrap', readPeerAddress),
    delegatedRouting: list('delegatedRouting', readUrl),
    iceServers: list('iceServers', readIceServer),
  }
  return { network, problems, flawed: [...flawed] }
}

function readUrl(value: unknown): string {
  if (typeof value !== 'string' || !URL.canParse(value))
    throw new Error(`${JSON.stringify(value)} is not a URL`)
  return value
}

function readIceServer(value: unknown): RTCIceServer {
  if (typeof value !== 'object' || value === null)
    throw new Error(`${JSON.stringify(value)} is not an ICE server`)
  const { urls, username, credential } = value as Record<string, unknown>
  const list: unknown[] = Array.isArray(urls) ? urls : [urls]
  const valid = list.filter((url): url is string => typeof url === 'string' && /^(stun|turn)s?:/.test(url))
  if (valid.length !== list.length) throw new Error(`${JSON.stringify(urls)} is not a stun: or turn: URL`)
  return {
    urls: valid,
    ...(typeof username === 'string' ? { username } : {}),
    ...(typeof credential === 'string' ? { credential } : {}),
  }
}
