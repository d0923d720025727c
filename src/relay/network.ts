import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import { messageOf } from './log.ts'

/** What a peer needs to find others: the content of `/network.json`. */
export interface NetworkConfig {
  /** Circuit relays to hold reservations on: multiaddrs that end in the relay's `/p2p/…`. */
  relays: string[]
  /** Peers to connect to at start, for the DHT. */
  bootstrap: string[]
  /** URLs of delegated routing endpoints. */
  delegatedRouting: string[]
  /** STUN and TURN servers, as in the W3C's RTCConfiguration. An empty list means none, not a default. */
  iceServers: RTCIceServer[]
}

/** A peer that knows nobody: it can be reached, and reaches others, only by what a page tells it. */
export const EMPTY_NETWORK: Readonly<NetworkConfig> = {
  relays: [],
  bootstrap: [],
  delegatedRouting: [],
  iceServers: [],
}

/** Entries of one list of `/network.json` that are read. */
const MAX_ENTRIES = 64

/**
 * Reads `/network.json`. Nothing in it is fatal: what cannot be used is left out, and said in one line of `problems`
 * each.
 */
export function parseNetworkConfig(value: unknown): { network: NetworkConfig; problems: string[] } {
  const problems: string[] = []
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { network: { ...EMPTY_NETWORK }, problems: ['it is not a JSON object'] }
  }
  const fields = new Map<string, unknown>(Object.entries(value))
  const list = <T>(name: string, read: (item: unknown) => T): T[] => {
    const items = fields.get(name) ?? []
    if (!Array.isArray(items)) {
      problems.push(`"${name}" is not an array`)
      return []
    }
    if (items.length > MAX_ENTRIES)
      problems.push(`"${name}" has ${items.length} entries: ${MAX_ENTRIES} are read`)
    return items.slice(0, MAX_ENTRIES).flatMap((item: unknown) => {
      try {
        return [read(item)]
      } catch (error) {
        problems.push(`"${name}": ${messageOf(error)}`)
        return []
      }
    })
  }
  const network = {
    relays: list('relays', readPeerAddress),
    bootstrap: list('bootstrap', readPeerAddress),
    delegatedRouting: list('delegatedRouting', readUrl),
    iceServers: list('iceServers', readIceServer),
  }
  return { network, problems }
}

/** A multiaddr that ends in `/p2p/…`; throws in words for who wrote it. */
export function readPeerAddress(value: unknown): string {
  const address = readMultiaddr(value)
  if (address.getComponents().at(-1)?.name !== 'p2p')
    throw new Error(`${address.toString()} does not end in /p2p/…`)
  return address.toString()
}

/** A multiaddr; throws in words for who wrote it. */
export function readMultiaddr(value: unknown): Multiaddr {
  if (typeof value !== 'string') throw new Error(`${JSON.stringify(value)} is not a multiaddr`)
  try {
    return multiaddr(value)
  } catch (error) {
    throw new Error(`${JSON.stringify(value)} is not a multiaddr: ${messageOf(error)}`, { cause: error })
  }
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
