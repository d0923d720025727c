import type { Connection, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import { WebRTC } from '@multiformats/multiaddr-matcher'
import { DialError } from './dial-error.ts'
import type { DialTurns } from './dial-turns.ts'
import { DirectSearch } from './direct-search.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import { raceSignal, pause, timeoutSignal } from '../timeouts.ts'
import type { Peer } from '../peer.ts'

/**
 * Searches that run at the same time. Beyond that a search is refused, and the peer's streams use a circuit.
 */
const MAX_SEARCHES = 256
/** How often a search tries a peer's addresses: for a Connect, and after a link was lost. */
const ROUNDS = 2
const ROUNDS_AFTER_LOSS = 6
/** Milliseconds that a Connect waits for a direct link before it opens its stream on a circuit. */
export const DIRECT_FIRST_MS = 5_000
/** Milliseconds after a failed search in which a Connect to the same peer doesn't wait for another search. */
const FAILURE_MS = 60_000
/** Peers whose failures are remembered. The oldest is forgotten first. */
const MAX_FAILURES = 1_024
/**
 * After direct links to this many peers in a row have failed, a Connect no longer waits for one. The cause is
 * then probably on this side: the browser may hide its addresses from WebRTC, or the machine may be offline.
 * Searches continue, and one success resets the count.
 */
const MAX_IN_VAIN = 2
/** Milliseconds in which a lost link must report that it is closed. After that it is aborted. */
const CLOSE_TIMEOUT_MS = 1_000
/**
 * Milliseconds by which the side that was dialled starts later, because both sides may have noticed the loss.
 */
const HEAD_START_MS = 500

interface RunningSearch {
  search: DirectSearch
  since: number
  found: Promise<Connection>
}

/**
 * Finds direct WebRTC links to peers that are otherwise reached through circuit relays. A circuit carries
 * only the signalling.
 *
 * Each peer has one search at a time. Callers can stop waiting at any time; the search continues for later
 * streams.
 */
export class DirectLinks {
  readonly #peer: Peer
  readonly #turns: DialTurns
  readonly #log: Log
  readonly #searches = new Map<string, RunningSearch>()
  readonly #failures = new Map<string, number>()
  /** Peers for which a search has failed since the last success with any peer. */
  readonly #inVain = new Set<string>()
  readonly #replacing = new Set<Connection>()
  readonly #stopping = new AbortController()

  constructor(peer: Peer, turns: DialTurns, log: Log) {
    this.#peer = peer
    this.#turns = turns
    this.#log = log
  }

  /**
   * Returns a direct link to the peer, over the `named` addresses or known ones. Joins a running search, or
   * starts one that dials in the turns of `client`. Rejects if the search fails or `signal` is aborted; an
   * aborted wait doesn't stop the search.
   */
  async find(client: object, id: PeerId, named: Multiaddr[], signal: AbortSignal): Promise<Connection> {
    const sinceMs = performance.now()
    try {
      return await raceSignal(this.#search(client, id, named, ROUNDS), signal)
    } catch (error) {
      // A caller that stopped waiting early proves nothing about the peer.
      if (performance.now() - sinceMs > DIRECT_FIRST_MS / 2) this.#noteInVain(id.toString())
      throw error
    }
  }

  /**
   * Whether a direct link is worth waiting for. False after {@link MAX_IN_VAIN} peers in a row could not be
   * reached directly.
   */
  get isPromising(): boolean {
    return this.#inVain.size < MAX_IN_VAIN
  }

  /** Whether a search for a direct link to this peer is running. */
  isSearching(peer: string): boolean {
    return this.#searches.has(peer)
  }

  /**
   * Searches for a direct link to a peer that is reached through a circuit, over `named` addresses or those
   * that are known. Lasting streams move to it, and later ones use it. Resolves to undefined if there is
   * none, or if a search has failed a short time ago.
   */
  async improve(id: PeerId, named: Multiaddr[] = []): Promise<Connection | undefined> {
    if (this.#hasFailed(id.toString())) return undefined
    // The search logs its own failure.
    return await this.#search(this, id, named, ROUNDS).catch(() => undefined)
  }

  /** Forgets that a search for this peer has failed: it can do more than before. */
  forgetFailure(id: PeerId): void {
    this.#failures.delete(id.toString())
  }

  /**
   * Dials a peer again after its WebRTC link was lost on this side only, as when the tab that lent WebRTC has
   * closed. Does nothing for other kinds of links, or if the link is already being replaced.
   */
  replace(lost: Connection): void {
    if (this.#replacing.has(lost) || !WebRTC.matches(lost.remoteAddr)) return
    this.#replacing.add(lost)
    void this.#replace(lost).finally(() => this.#replacing.delete(lost))
  }

  /**
   * Returns how long to wait for {@link DirectLinks.find}, in milliseconds: 0 after a failure or a long
   * search.
   */
  findTimeoutMs(id: PeerId): number {
    const key = id.toString()
    const now = performance.now()
    if (!this.isPromising || this.#hasFailed(key)) return 0
    const lastsMs = now - (this.#searches.get(key)?.since ?? now)
    return Math.max(0, Math.ceil(DIRECT_FIRST_MS - lastsMs))
  }

  /**
   * Forgets all failures. Call it when the network or this peer's transports have changed, as dials may work
   * again.
   */
  forgetFailures(): void {
    this.#failures.clear()
    this.#inVain.clear()
  }

  /**
   * Returns whether both ends of a circuit can make WebRTC connections, so that a direct link can replace it.
   * Waits for identify if necessary. Returns false if `signal` is aborted first.
   */
  async canReplace(circuit: Connection, signal: AbortSignal): Promise<boolean> {
    if (!this.#peer.canDial(multiaddr(`/webrtc/p2p/${circuit.remotePeer.toString()}`))) return false
    return (await this.#peer.abilities.learn(circuit, signal))?.webRtc ?? false
  }

  stop(): void {
    this.#stopping.abort(new DialError('the relay is going away'))
  }

  async #replace(lost: Connection): Promise<void> {
    const since = performance.now()
    const id = lost.remotePeer
    this.#failures.delete(id.toString())
    try {
      await this.#closed(lost)
      if (lost.direction === 'inbound') await pause(HEAD_START_MS, this.#stopping.signal)
      await this.#search(this, id, [], ROUNDS_AFTER_LOSS)
      const tookMs = Math.round(performance.now() - since)
      this.#log('info', `reconnected to ${id.toString()} ${tookMs} ms after its connection was lost`)
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      this.#log(
        'warn',
        `could not reconnect to ${id.toString()} after its connection was lost: ${messageOf(error)}`,
      )
    }
  }

  /** Waits until the lost link is closed: while it is open, a dial would return it instead of a new one. */
  async #closed(lost: Connection): Promise<void> {
    if (lost.status !== 'open') return
    const closed = new Promise<void>((resolve) => {
      lost.addEventListener('close', () => resolve(), { once: true })
    })
    const timeout = AbortSignal.any([this.#stopping.signal, timeoutSignal(CLOSE_TIMEOUT_MS)])
    await raceSignal(closed, timeout).catch((error: unknown) => {
      lost.abort(new Error('what carried it is gone', { cause: error }))
    })
  }

  async #search(who: object, id: PeerId, named: Multiaddr[], rounds: number): Promise<Connection> {
    const key = id.toString()
    let running = this.#searches.get(key)
    if (running === undefined) {
      this.#stopping.signal.throwIfAborted()
      if (this.#searches.size >= MAX_SEARCHES)
        throw new DialError(`too many searches for direct connections: the limit is ${MAX_SEARCHES}`)
      const search = new DirectSearch(this.#peer, id, (signal) => this.#turns.take(who, signal))
      running = { search, since: performance.now(), found: this.#run(key, search) }
      this.#searches.set(key, running)
    }
    running.search.extend(named, rounds)
    return await running.found
  }

  async #run(key: string, search: DirectSearch): Promise<Connection> {
    try {
      // Start in a later microtask: the caller first adds the named addresses, and puts the search into the
      // map.
      await Promise.resolve()
      const found = await search.run(this.#stopping.signal)
      this.#inVain.clear()
      return found
    } catch (error) {
      this.#log('debug', `no direct connection to ${key}: ${messageOf(error)}`)
      if (search.hasTried) this.#remember(key)
      throw error
    } finally {
      this.#searches.delete(key)
    }
  }

  #hasFailed(key: string): boolean {
    return performance.now() - (this.#failures.get(key) ?? -Infinity) < FAILURE_MS
  }

  #noteInVain(key: string): void {
    if (this.#inVain.size < MAX_IN_VAIN) this.#inVain.add(key)
  }

  #remember(key: string): void {
    this.#noteInVain(key)
    this.#failures.delete(key)
    this.#failures.set(key, performance.now())
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > MAX_FAILURES && oldest !== undefined) this.#failures.delete(oldest)
  }
}
