import type { RendezvousPointStatus } from '../../status/index.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import type { Peer } from '../peer.ts'
import type { FoundPeer } from './known-peers.ts'
import { KnownPeers } from './known-peers.ts'
import type { Registration } from './messages.ts'
import { OwnRecord } from './own-record.ts'
import { PointSearch } from './point-search.ts'
import type { ProvidedPeer } from './provider-search.ts'
import { ProviderSearch } from './provider-search.ts'
import type { RendezvousPoint } from './rendezvous-point.ts'
import { openSignedRecord, signerOf } from './signed-record.ts'

/** Called with each peer that is found. */
export type OnFound = (found: FoundPeer) => void

/**
 * One namespace in which clients of this peer look for others: at all rendezvous points, and in the DHT.
 */
export class NamespaceSearch {
  readonly #namespace: string
  readonly #peer: Peer
  readonly #log: Log
  readonly #record: OwnRecord
  readonly #subscribers = new Set<OnFound>()
  readonly #known = new KnownPeers()
  readonly #points = new Map<string, { search: PointSearch; tally: RendezvousPointStatus }>()
  readonly #providers: ProviderSearch | undefined

  constructor(namespace: string, peer: Peer, log: Log) {
    this.#namespace = namespace
    this.#peer = peer
    this.#log = log
    this.#record = new OwnRecord(peer)
    const { dht } = peer.libp2p.services
    if (dht !== undefined)
      this.#providers = new ProviderSearch({
        namespace,
        peer,
        dht,
        log,
        found: (provided) => this.#provided(provided),
      })
  }

  /** Whether there is no subscriber left. */
  get isUnused(): boolean {
    return this.#subscribers.size === 0
  }

  /** The number of peers that are known here. */
  get size(): number {
    return this.#known.size
  }

  /** What each point has done for this namespace. */
  get tallies(): RendezvousPointStatus[] {
    return [...this.#points.values()].map(({ search: { isRegistered, lastError }, tally }) =>
      Object.assign({}, tally, { registrations: isRegistered ? 1 : 0 }, lastError && { lastError }),
    )
  }

  /** Tells of the known peers in a later task, and then of each new one. */
  subscribe(onFound: OnFound): void {
    if (this.#subscribers.size > 0) this.hasten()
    this.#subscribers.add(onFound)
    setTimeout(() => {
      if (!this.#subscribers.has(onFound)) return
      for (const found of this.#known.current) onFound(found)
    }, 0)
  }

  /** Ends {@link subscribe}. */
  unsubscribe(onFound: OnFound): void {
    this.#subscribers.delete(onFound)
  }

  /** Searches at exactly these points. */
  setPoints(points: readonly RendezvousPoint[]): void {
    const ids = new Set(points.map(({ id }) => id))
    for (const [id, { search }] of this.#points) {
      if (ids.has(id)) continue
      search.drop()
      this.#points.delete(id)
    }
    for (const point of points) {
      if (this.#points.has(point.id)) continue
      const tally: RendezvousPointStatus = { peer: point.id, registrations: 0, found: 0, ignored: 0 }
      const search = new PointSearch({
        namespace: this.#namespace,
        point,
        record: this.#record,
        found: (registrations, signal) => this.#registered(registrations, tally, signal),
        log: this.#log,
      })
      this.#points.set(point.id, { search, tally })
    }
  }

  /** Begins the next round at each point soon. */
  hasten(): void {
    for (const { search } of this.#points.values()) search.hasten()
    this.#providers?.hasten()
  }

  /** Ends the search, and the registrations of this peer. Does not reject. */
  async stop(): Promise<void> {
    this.#subscribers.clear()
    const searches = [...this.#points.values()].map(({ search }) => search.stop())
    this.#points.clear()
    await Promise.all([...searches, this.#providers?.stop()])
  }

  /**
   * Handles what a point says. One registration after the other, since each signature takes time to check.
   */
  async #registered(
    registrations: readonly Registration[],
    tally: RendezvousPointStatus,
    signal: AbortSignal,
  ): Promise<void> {
    for (const registration of registrations) {
      if (signal.aborted) return
      try {
        if (await this.#take(registration)) tally.found += 1
      } catch (error) {
        tally.ignored += 1
        tally.lastIgnored = messageOf(error)
        this.#log('debug', `a registration was ignored: ${messageOf(error)}`)
      }
    }
  }

  /** Returns whether a registration is news. Rejects if it can't be used. */
  async #take({ namespace, signedPeerRecord, ttlSeconds }: Registration): Promise<boolean> {
    if (namespace !== this.#namespace) throw new Error('a registration under another namespace')
    // Points repeat themselves. The signature is checked only of what is new.
    if (this.#known.renewIfKnown(signerOf(signedPeerRecord), signedPeerRecord, ttlSeconds)) return false
    const record = await openSignedRecord(signedPeerRecord)
    const id = record.peer.toString()
    if (id === this.#peer.id) return false
    if (record.addresses.length === 0) throw new Error(`no address of ${id} can be used`)
    if (this.#known.has(id, record.sequence)) return false
    await this.#peer.libp2p.peerStore.consumePeerRecord(record.bytes, { expectedPeer: record.peer })
    const { sequence, bytes: envelope } = record
    this.#report(this.#known.add(id, record.addresses, { sequence, envelope, ttlSeconds }))
    return true
  }

  #provided({ peer, addresses }: ProvidedPeer): void {
    if (peer === this.#peer.id || !this.#known.isNews(peer, addresses)) return
    this.#report(this.#known.add(peer, addresses))
  }

  #report(found: FoundPeer): void {
    for (const onFound of this.#subscribers) onFound(found)
  }
}
