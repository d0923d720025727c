import type { Connection, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import { WebRTC } from '@multiformats/multiaddr-matcher'
import { DialError } from './dial-error.ts'
import type { DialTurns } from './dial-turns.ts'
import { DirectSearch } from './direct-search.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import { patiently, pause, timeoutSignal } from '../timeouts.ts'
import type { Peer } from '../peer.ts'

/** Peers that are sought at a time. A further one is not: its streams go through the relay. */
const MAX_SEARCHES = 256
/** Rounds over a peer's addresses: of a search for a Connect, and of one for a connection that was lost. */
const ROUNDS = 2
const ROUNDS_AFTER_LOSS = 6
/** Milliseconds that a direct connection is waited for where there is a relay: then the stream is opened through the relay. */
export const DIRECT_FIRST_MS = 5_000
/** Milliseconds after a search has failed for which nobody waits for another. */
const FAILURE_MS = 60_000
/** Peers whose failures are remembered; the oldest is forgotten first. */
const MAX_FAILURES = 1_024
/**
 * Peers in a row to which no direct connection comes before a Connect no longer waits for one: then it is likely this side's doing, as
 * where the browser hides its addresses from WebRTC, or where the machine has no network but itself. Searches go on, and one that
 * succeeds ends this.
 */
const MAX_IN_VAIN = 2
/** Milliseconds for a connection that was lost to say that it is closed; it is closed then. */
const CLOSE_TIMEOUT_MS = 1_000
/** Milliseconds that the side which was dialled leaves to the other one, as both may have lost the connection. */
const HEAD_START_MS = 500

/** The protocol of their signalling, by which peers say that they make WebRTC connections. */
const WEBRTC_SIGNALING = '/webrtc-signaling/0.0.1'
const IDENTIFY = '/ipfs/id/1.0.0'

interface RunningSearch {
  search: DirectSearch
  since: number
  found: Promise<Connection>
}

/**
 * Direct connections to peers that are reached through relays: over WebRTC, to which a relay's circuit is only the way.
 *
 * There is one search for a peer at a time. Whoever needs it waits for as long as he likes; it goes on without him, so that
 * what is opened later is direct.
 */
export class DirectLinks {
  readonly #peer: Peer
  readonly #turns: DialTurns
  readonly #log: Log
  readonly #searches = new Map<string, RunningSearch>()
  readonly #failures = new Map<string, number>()
  /** Peers to which no direct connection came, since one last came to any peer. */
  readonly #inVain = new Set<string>()
  readonly #replacing = new Set<Connection>()
  /** Whether the other side of a connection makes WebRTC connections, as identify has said on it. */
  readonly #signalling = new WeakMap<Connection, boolean>()
  readonly #stopping = new AbortController()

  constructor(peer: Peer, turns: DialTurns, log: Log) {
    this.#peer = peer
    this.#turns = turns
    this.#log = log
    peer.libp2p.addEventListener(
      'peer:identify',
      ({ detail: { connection, protocols } }) => {
        this.#signalling.set(connection, protocols.includes(WEBRTC_SIGNALING))
      },
      { signal: this.#stopping.signal },
    )
  }

  /**
   * Returns a direct connection to the peer, made over `named` addresses or those that are known; a new search dials in the
   * turns of `client`. Rejects if the search fails, or with the signal's reason; an aborted wait doesn't stop the search.
   */
  async find(client: object, id: PeerId, named: Multiaddr[], signal: AbortSignal): Promise<Connection> {
    const sinceMs = performance.now()
    try {
      return await patiently(this.#search(client, id, named, ROUNDS), signal)
    } catch (error) {
      // Whoever stops waiting sooner says nothing of the connection.
      if (performance.now() - sinceMs > DIRECT_FIRST_MS / 2) this.#noteInVain(id.toString())
      throw error
    }
  }

  /** Whether a Connect waits for direct connections: it doesn't after they came to none of the last peers. */
  get isPromising(): boolean {
    return this.#inVain.size < MAX_IN_VAIN
  }

  /** Seeks a direct connection to a peer that is reached through a relay, for what will be opened later. */
  improve(id: PeerId): void {
    // It is said in the log.
    if (!this.#hasFailed(id.toString())) this.#search(this, id, [], ROUNDS).catch(() => undefined)
  }

  /**
   * Dials a peer again whose connection was lost although the other side is there: what carried it here has gone. It does
   * nothing for connections other than WebRTC's, and for one that is being replaced.
   */
  replace(lost: Connection): void {
    if (this.#replacing.has(lost) || !WebRTC.matches(lost.remoteAddr)) return
    this.#replacing.add(lost)
    void this.#replace(lost).finally(() => this.#replacing.delete(lost))
  }

  /** Milliseconds that {@link DirectLinks.find} is worth waiting for: none after a failure, or for what has taken long already. */
  patienceMs(id: PeerId): number {
    const key = id.toString()
    const now = performance.now()
    if (!this.isPromising || this.#hasFailed(key)) return 0
    const lastsMs = now - (this.#searches.get(key)?.since ?? now)
    return Math.max(0, Math.ceil(DIRECT_FIRST_MS - lastsMs))
  }

  /** What failed may work now: the network has changed, or what this peer is made of. */
  forgetFailures(): void {
    this.#failures.clear()
    this.#inVain.clear()
  }

  /**
   * Whether both sides of a circuit make WebRTC connections. Waits for what the other side says of itself until `signal` is
   * aborted, and is false then.
   */
  async canReplace(circuit: Connection, signal: AbortSignal): Promise<boolean> {
    const id = circuit.remotePeer
    if (!this.#peer.canDial(multiaddr(`/webrtc/p2p/${id.toString()}`))) return false
    const said = this.#signalling.get(circuit)
    if (said !== undefined) return said
    const { peerStore } = this.#peer.libp2p
    const known = (await peerStore.has(id)) ? (await peerStore.get(id)).protocols : []
    return known.includes(WEBRTC_SIGNALING) || (await this.#ask(circuit, signal))
  }

  /** What identify says on this circuit: the one that js-libp2p runs on each new connection, or, if that is over, one more. */
  async #ask(circuit: Connection, signal: AbortSignal): Promise<boolean> {
    const waiting = new AbortController()
    const said = new Promise<boolean>((resolve) => {
      const heard = (): void => {
        const makesWebRtc = this.#signalling.get(circuit)
        if (makesWebRtc !== undefined) resolve(makesWebRtc)
      }
      const nothing = (): void => resolve(false)
      const until = { signal: waiting.signal }
      this.#peer.libp2p.addEventListener('peer:identify', heard, until)
      circuit.addEventListener('close', nothing, until)
      signal.addEventListener('abort', nothing, until)
      // It has one stream on a connection at a time; one without a protocol yet may be its own.
      const isRunning = circuit.streams.some(
        ({ direction, protocol }) => direction === 'outbound' && (protocol === '' || protocol === IDENTIFY),
      )
      if (isRunning) return
      const { identify } = this.#peer.libp2p.services
      const options = { signal: AbortSignal.any([signal, waiting.signal]), runOnLimitedConnection: true }
      identify.identify(circuit, options).then(heard, nothing)
    })
    try {
      return await said
    } finally {
      waiting.abort()
    }
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
      this.#log('info', `${id.toString()} was reached again ${tookMs} ms after its connection was lost`)
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      this.#log(
        'warn',
        `${id.toString()} was not reached again after its connection was lost: ${messageOf(error)}`,
      )
    }
  }

  /** While it stands, js-libp2p would take it for the connection that is asked for. */
  async #closed(lost: Connection): Promise<void> {
    if (lost.status !== 'open') return
    const closed = new Promise<void>((resolve) => {
      lost.addEventListener('close', () => resolve(), { once: true })
    })
    const patience = AbortSignal.any([this.#stopping.signal, timeoutSignal(CLOSE_TIMEOUT_MS)])
    await patiently(closed, patience).catch((error: unknown) => {
      lost.abort(new Error('what carried it has gone', { cause: error }))
    })
  }

  async #search(who: object, id: PeerId, named: Multiaddr[], rounds: number): Promise<Connection> {
    const key = id.toString()
    let running = this.#searches.get(key)
    if (running === undefined) {
      this.#stopping.signal.throwIfAborted()
      if (this.#searches.size >= MAX_SEARCHES) throw new DialError(`${MAX_SEARCHES} peers are sought already`)
      const search = new DirectSearch(this.#peer, id, (signal) => this.#turns.take(who, signal))
      running = { search, since: performance.now(), found: this.#run(key, search) }
      this.#searches.set(key, running)
    }
    running.search.extend(named, rounds)
    return await running.found
  }

  async #run(key: string, search: DirectSearch): Promise<Connection> {
    try {
      // In a microtask of its own, so that it sees the addresses that were named for it, and is in the map when it ends.
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
