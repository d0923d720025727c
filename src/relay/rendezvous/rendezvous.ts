import type { RendezvousPointStatus, RendezvousStatus } from '../../status/index.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import type { Peer } from '../peer.ts'
import { raceSignal, timeoutSignal } from '../timeouts.ts'
import { MAX_NAMESPACES } from './limits.ts'
import type { OnFound } from './namespace-search.ts'
import { NamespaceSearch } from './namespace-search.ts'
import { ownPoint } from './rendezvous-point.ts'
import type { PointCandidate } from './rendezvous-points.ts'
import { RendezvousPoints } from './rendezvous-points.ts'

/** Milliseconds that a stopping peer waits until the points know. */
const STOP_TIMEOUT_MS = 500

/** What {@link Rendezvous} needs. */
export interface RendezvousInit {
  peer: Peer
  log: Log
  /** The peers that may learn the namespaces of this one, the most trusted first. */
  candidates: () => readonly PointCandidate[]
}

/** The namespaces in which this peer is registered, and looks for others on behalf of its clients. */
export class Rendezvous {
  readonly #init: RendezvousInit
  readonly #points: RendezvousPoints
  readonly #searches = new Map<string, NamespaceSearch>()
  /** The searches that tell the points that they end. */
  readonly #ending = new Set<Promise<void>>()
  readonly #stopping = new AbortController()
  #addresses: string

  constructor(init: RendezvousInit) {
    this.#init = init
    const { peer, candidates, log } = init
    const { rendezvous } = peer.libp2p.services
    this.#points = new RendezvousPoints({
      libp2p: peer.libp2p,
      log,
      candidates,
      own: rendezvous === undefined ? undefined : ownPoint(peer.id, rendezvous),
      changed: () => this.#refresh(),
    })
    this.#addresses = peer.addresses.join()
    peer.libp2p.addEventListener('self:peer:update', () => this.#addressesChanged(), {
      signal: this.#stopping.signal,
    })
  }

  /** Returns why this peer can't look in one more namespace; undefined if it can. */
  refusalOfFind(namespace: string): string | undefined {
    if (this.#searches.has(namespace) || this.#searches.size < MAX_NAMESPACES) return undefined
    return `all pages together look for peers in ${MAX_NAMESPACES} namespaces, which is the limit`
  }

  /**
   * Registers this peer under a namespace and reports the others there. Those that share a namespace share
   * one registration. Returns the function that ends it.
   */
  find(namespace: string, onFound: OnFound): () => void {
    const { peer, log } = this.#init
    const search = this.#searches.get(namespace) ?? new NamespaceSearch(namespace, peer, log)
    this.#searches.set(namespace, search)
    search.subscribe(onFound)
    this.#refresh()
    return () => {
      search.unsubscribe(onFound)
      if (!search.isUnused || this.#searches.get(namespace) !== search) return
      this.#searches.delete(namespace)
      this.#end(search)
      this.#refresh()
    }
  }

  /** Tries everything again that waits for a retry, as when the network is back. */
  retry(): void {
    this.#points.retry()
    for (const search of this.#searches.values()) search.hasten()
  }

  /** What this peer does at rendezvous points. Undefined while no client looks for peers. */
  get status(): RendezvousStatus | undefined {
    if (this.#searches.size === 0) return undefined
    const totals = new Map<string, RendezvousPointStatus>()
    for (const search of this.#searches.values())
      for (const tally of search.tallies) totals.set(tally.peer, sumOf(totals.get(tally.peer), tally))
    return {
      namespaces: this.#searches.size,
      knownPeers: [...this.#searches.values()].reduce((sum, { size }) => sum + size, 0),
      points: [...totals.values()],
    }
  }

  /** Ends all searches and registrations, for {@link STOP_TIMEOUT_MS} at most. Does not reject. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    for (const search of this.#searches.values()) this.#end(search)
    this.#searches.clear()
    await this.#points.stop()
    try {
      await raceSignal(Promise.all(this.#ending), timeoutSignal(STOP_TIMEOUT_MS))
    } catch (error) {
      this.#init.log('debug', `some registrations were not ended: ${messageOf(error)}`)
    }
  }

  #end(search: NamespaceSearch): void {
    const ending = search.stop()
    this.#ending.add(ending)
    void ending.then(() => this.#ending.delete(ending))
  }

  #refresh(): void {
    this.#points.setDialling(this.#searches.size > 0)
    const points = this.#points.current
    for (const search of this.#searches.values()) search.setPoints(points)
  }

  #addressesChanged(): void {
    // A reservation that was made or lost changes the addresses, and which peers are trusted.
    this.#refresh()
    const addresses = this.#init.peer.addresses.join()
    if (addresses === this.#addresses) return
    this.#addresses = addresses
    for (const search of this.#searches.values()) search.hasten()
  }
}

function sumOf(one: RendezvousPointStatus | undefined, other: RendezvousPointStatus): RendezvousPointStatus {
  if (one === undefined) return other
  return {
    ...one,
    ...other,
    registrations: one.registrations + other.registrations,
    found: one.found + other.found,
    ignored: one.ignored + other.ignored,
  }
}
