import type { Multiaddr } from '@multiformats/multiaddr'
import { MAX_KNOWN_PEERS, MAX_TTL_SECONDS, TTL_SECONDS } from './limits.ts'

/** A peer that was found in a namespace. */
export interface FoundPeer {
  peer: string
  /** Without the peer's own `/p2p/…` at the end. */
  addresses: string[]
}

interface KnownPeer extends FoundPeer {
  /** The number of the signed record, or 0 if an unsigned source told of it. */
  sequence: bigint
  /** The envelope of its record. */
  envelope?: Uint8Array
  /** When its registration ends, on the clock of `performance.now()`. */
  endMs: number
}

/** What a signed record adds to a peer's addresses. */
export interface Proof {
  sequence: bigint
  envelope: Uint8Array
  ttlSeconds?: number | undefined
}

/** The peers that were found in one namespace: {@link MAX_KNOWN_PEERS} at most. */
export class KnownPeers {
  readonly #byId = new Map<string, KnownPeer>()

  get size(): number {
    return this.#byId.size
  }

  /** The peers whose registrations have not ended, as far as this peer knows. */
  get current(): FoundPeer[] {
    const nowMs = performance.now()
    return [...this.#byId.values()]
      .filter(({ endMs }) => endMs > nowMs)
      .map(({ peer, addresses }) => ({ peer, addresses }))
  }

  /** Returns whether a record of this number, or a later one of the same peer, is known. */
  has(peer: string, sequence: bigint): boolean {
    const known = this.#byId.get(peer)
    return known !== undefined && known.sequence >= sequence
  }

  /** Returns whether exactly this envelope is known. If so, its registration is still valid. */
  renewIfKnown(peer: string, envelope: Uint8Array, ttlSeconds: number | undefined): boolean {
    const known = this.#byId.get(peer)
    if (known?.envelope === undefined || !areEqual(known.envelope, envelope)) return false
    known.endMs = endMsOf(ttlSeconds)
    return true
  }

  /** Adds a peer, and returns it as it is reported. */
  add(peer: string, addresses: readonly Multiaddr[], proof?: Proof): FoundPeer {
    const found = { peer, addresses: addresses.map((address) => withoutPeer(address, peer)) }
    this.#byId.delete(peer)
    this.#byId.set(peer, { ...found, sequence: 0n, ...proof, endMs: endMsOf(proof?.ttlSeconds) })
    const [oldest] = this.#byId.keys()
    if (oldest !== undefined && this.#byId.size > MAX_KNOWN_PEERS) this.#byId.delete(oldest)
    return found
  }

  /** Returns whether these unsigned addresses say something new of a peer. A signed record is worth more. */
  isNews(peer: string, addresses: readonly Multiaddr[]): boolean {
    const known = this.#byId.get(peer)
    if (known === undefined) return true
    if (known.sequence !== 0n) return false
    return addresses.some((address) => !known.addresses.includes(withoutPeer(address, peer)))
  }
}

/** Returns an address without the `/p2p/…` of this peer at its end. */
function withoutPeer(address: Multiaddr, peer: string): string {
  const text = address.toString()
  const suffix = `/p2p/${peer}`
  return text.endsWith(suffix) ? text.slice(0, -suffix.length) : text
}

function areEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.byteLength === other.byteLength && one.every((byte, index) => byte === other[index])
}

function endMsOf(ttlSeconds = TTL_SECONDS): number {
  return performance.now() + Math.min(ttlSeconds, MAX_TTL_SECONDS) * 1_000
}
