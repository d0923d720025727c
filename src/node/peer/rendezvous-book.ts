import { randomBytes } from 'node:crypto'
import type { Registration } from '../../relay/rendezvous/messages.ts'
import type { SignedRecord } from '../../relay/rendezvous/signed-record.ts'
import type { RendezvousCookie } from './rendezvous-cookie.ts'
import type { RendezvousLimits } from './rendezvous-limits.ts'
import { MAX_RESULTS, MAX_RESULT_BYTES } from './rendezvous-limits.ts'

/** Why a registration was refused: see {@link RendezvousLimits}. */
export type RegistrationRefusal = 'full' | 'peer' | 'address'

/** One registration. Moments are on the clock of `performance.now()`. */
interface Entry {
  readonly peer: string
  readonly namespace: string
  readonly group: string
  readonly record: SignedRecord
  endMs: number
  /** Rises with each registration that says something new. */
  readonly serial: number
  /** Whether its addresses are of use only while its peer is connected. */
  readonly isTied: boolean
  /** When it ends because its peer has left. Infinity while the peer is there. */
  absentEndMs: number
}

/** A request to register. */
export interface RegisterRequest {
  namespace: string
  record: SignedRecord
  ttlSeconds: number
  /** The address group of the peer, as of {@link RendezvousLimits.perAddress}. */
  group: string
  isTied: boolean
}

/**
 * The registrations of a rendezvous point, within its limits. It remembers nothing of who has asked: a cookie
 * says which registrations its owner has seen.
 */
export class RendezvousBook {
  readonly #limits: RendezvousLimits
  /** By namespace and peer. In each namespace, the order is that of the serials. */
  readonly #byNamespace = new Map<string, Map<string, Entry>>()
  /** The namespaces of each peer. */
  readonly #byPeer = new Map<string, Set<string>>()
  readonly #groups = new Map<string, number>()
  /** Tells the cookies of this book from those of an earlier one. */
  readonly #epoch = randomBytes(8)
  #serial = 0
  #size = 0

  constructor(limits: RendezvousLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#size
  }

  get namespaces(): number {
    return this.#byNamespace.size
  }

  get epoch(): Uint8Array {
    return this.#epoch
  }

  /**
   * Adds or renews a registration. A renewal with the same addresses is not told again to those who know it.
   */
  register({
    namespace,
    record,
    ttlSeconds,
    group,
    isTied,
  }: RegisterRequest): RegistrationRefusal | 'renewed' | 'added' {
    const peer = record.peer.toString()
    const known = this.#byNamespace.get(namespace)?.get(peer)
    const refusal = known === undefined ? this.#refusalOf(peer, group) : undefined
    if (refusal !== undefined) return refusal
    const endMs = performance.now() + ttlSeconds * 1_000
    if (known !== undefined && isSame(known.record, record)) {
      known.endMs = endMs
      known.absentEndMs = Infinity
      return 'renewed'
    }
    // A replayed record must not replace a newer one.
    if (known !== undefined && known.record.sequence > record.sequence) return 'renewed'
    if (known !== undefined) this.#remove(known)
    this.#add({
      peer,
      namespace,
      group,
      record,
      endMs,
      serial: (this.#serial += 1),
      isTied,
      absentEndMs: Infinity,
    })
    return known === undefined ? 'added' : 'renewed'
  }

  unregister(peer: string, namespace: string): void {
    const entry = this.#byNamespace.get(namespace)?.get(peer)
    if (entry !== undefined) this.#remove(entry)
  }

  /**
   * Returns the registrations that the owner of the cookie hasn't seen, and its next cookie: first what is
   * new since then, then what is older, the newest first. So even who reads little learns of those who are
   * there.
   */
  discover(
    namespace: string,
    limit: number,
    seen: RendezvousCookie = { low: this.#serial + 1, high: this.#serial },
  ): { registrations: Registration[]; cookie: RendezvousCookie } {
    const nowMs = performance.now()
    const all = [...(this.#byNamespace.get(namespace)?.values() ?? [])]
    let { low, high } = seen
    const isNew = ({ serial }: Entry): boolean => serial > seen.high
    const isOlder = ({ serial }: Entry): boolean => serial < seen.low
    const registrations: Registration[] = []
    let bytes = 0
    for (const entry of [...all.filter(isNew), ...all.filter(isOlder).reverse()]) {
      bytes += entry.record.bytes.byteLength
      if (registrations.length >= Math.min(limit, MAX_RESULTS) || bytes > MAX_RESULT_BYTES) break
      low = Math.min(low, entry.serial)
      high = Math.max(high, entry.serial)
      const ttlSeconds = Math.ceil((endOf(entry) - nowMs) / 1_000)
      if (ttlSeconds > 0) registrations.push({ namespace, signedPeerRecord: entry.record.bytes, ttlSeconds })
    }
    return { registrations, cookie: { low, high } }
  }

  /** Removes what has expired. */
  sweep(): void {
    const nowMs = performance.now()
    for (const entries of this.#byNamespace.values())
      for (const entry of entries.values()) if (endOf(entry) <= nowMs) this.#remove(entry)
  }

  /** The peer has left: those of its registrations that need its connection end soon, unless it returns. */
  left(peer: string): void {
    this.#setAbsentEnd(peer, performance.now() + this.#limits.absenceMs)
  }

  /** The peer is connected again. */
  returned(peer: string): void {
    this.#setAbsentEnd(peer, Infinity)
  }

  clear(): void {
    this.#byNamespace.clear()
    this.#byPeer.clear()
    this.#groups.clear()
    this.#size = 0
  }

  #setAbsentEnd(peer: string, endMs: number): void {
    for (const namespace of this.#byPeer.get(peer) ?? []) {
      const entry = this.#byNamespace.get(namespace)?.get(peer)
      if (entry?.isTied === true) entry.absentEndMs = endMs
    }
  }

  #refusalOf(peer: string, group: string): RegistrationRefusal | undefined {
    const { registrations, perPeer, perAddress } = this.#limits
    if (this.#size >= registrations) return 'full'
    if ((this.#byPeer.get(peer)?.size ?? 0) >= perPeer) return 'peer'
    if (perAddress > 0 && (this.#groups.get(group) ?? 0) >= perAddress) return 'address'
    return undefined
  }

  #add(entry: Entry): void {
    const { namespace, peer, group } = entry
    const entries = this.#byNamespace.get(namespace) ?? new Map<string, Entry>()
    this.#byNamespace.set(namespace, entries.set(peer, entry))
    this.#byPeer.set(peer, (this.#byPeer.get(peer) ?? new Set<string>()).add(namespace))
    this.#groups.set(group, (this.#groups.get(group) ?? 0) + 1)
    this.#size += 1
  }

  #remove({ namespace, peer, group }: Entry): void {
    const entries = this.#byNamespace.get(namespace)
    entries?.delete(peer)
    if (entries?.size === 0) this.#byNamespace.delete(namespace)
    const namespaces = this.#byPeer.get(peer)
    namespaces?.delete(namespace)
    if (namespaces?.size === 0) this.#byPeer.delete(peer)
    const count = (this.#groups.get(group) ?? 0) - 1
    if (count > 0) this.#groups.set(group, count)
    else this.#groups.delete(group)
    this.#size -= 1
  }
}

function endOf({ endMs, absentEndMs }: Entry): number {
  return Math.min(endMs, absentEndMs)
}

function isSame(one: SignedRecord, other: SignedRecord): boolean {
  return one.addresses.join() === other.addresses.join() && one.sequence <= other.sequence
}
