import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { WEBRTC_SIGNALING } from '../dialing/abilities.ts'
import type { DirectLinks } from '../dialing/direct-links.ts'
import { directConnections } from '../dialing/peer-addresses.ts'
import type { Peer } from '../peer.ts'

/**
 * The fraction of a circuit's byte limit that each end may use for data while a direct link is being made. If
 * both ends use theirs, a third is left for the signaling, which needs the circuit.
 */
const DATA_SHARE = 1 / 3
/**
 * Milliseconds that the dialed side holds back data so that the other side can start signaling, or start
 * again after signaling that has led to no link.
 */
const HEAD_START_MS = 3_000
/**
 * Milliseconds in which further circuits of the same peer get no head start, because its signaling has
 * failed.
 */
const NO_HEAD_START_MS = 60_000
/** The most peers whose head start is remembered. Beyond that, the oldest is forgotten. */
const MAX_HEAD_STARTS = 1_024
/** Milliseconds that streams have to move after a direct link has opened, before the circuit is used up. */
const MOVE_MS = 5_000
/** Milliseconds after which a circuit whose budget was used up is checked again. */
const CHECK_MS = 250

/** What {@link CircuitBudget} needs. */
export interface CircuitBudgetInit {
  peer: Peer
  direct: Pick<DirectLinks, 'isSearching'>
  /** Called when a peer's streams may be able to send again. */
  changed(peer: string): void
  stopping: AbortSignal
}

/**
 * Limits the data sent on circuits that their circuit relay closes after a number of bytes. While a direct
 * link is being made through a circuit, only a fraction may be used, because the circuit must stay open until
 * the streams can move. If no direct link is being made, the whole circuit may be used, and the streams then
 * continue over another one.
 */
export class CircuitBudget {
  readonly #init: CircuitBudgetInit
  /** When each peer opened a circuit that gave it a head start, or was last seen to signal. */
  readonly #headStartsMs = new Map<string, number>()
  readonly #allowedBytes = new WeakMap<Connection, number>()
  /** When each direct link opened. */
  readonly #openedMs = new WeakMap<Connection, number>()
  /** Timers of circuits whose budget is used up for now. */
  readonly #checks = new Map<Connection, ReturnType<typeof setTimeout>>()

  constructor(init: CircuitBudgetInit) {
    this.#init = init
    init.peer.libp2p.addEventListener(
      'connection:open',
      ({ detail: link }) => {
        if (link.limits === undefined && link.direct) this.#openedMs.set(link, performance.now())
        if (link.limits?.bytes === undefined) return
        this.#allowedBytes.set(link, Number(link.limits.bytes))
        if (link.direction === 'inbound') this.#giveHeadStart(link.remotePeer.toString())
      },
      { signal: init.stopping },
    )
    init.stopping.addEventListener('abort', () => {
      for (const timer of this.#checks.values()) clearTimeout(timer)
      this.#checks.clear()
    })
  }

  /** Returns how many bytes of data may be sent over this link now. */
  bytesFor(link: Connection): number {
    const left = link.limits?.bytes
    const allowed = this.#allowedBytes.get(link)
    if (left === undefined || allowed === undefined || !this.#isBeingReplaced(link)) return Infinity
    const queued = link.streams.reduce((total, { writeBufferLength }) => total + writeBufferLength, 0)
    const budget = Math.floor(Number(left) - queued - allowed * (1 - DATA_SHARE))
    if (budget <= 0) this.#checkLater(link)
    return Math.max(0, budget)
  }

  #isBeingReplaced(link: Connection): boolean {
    const peer = link.remotePeer.toString()
    if (this.#init.direct.isSearching(peer) || this.#isBeingLeft(link)) return true
    if (link.streams.some(({ protocol }) => protocol === WEBRTC_SIGNALING)) {
      // If the attempt stalls, the other side begins another one after a moment.
      if (link.direction === 'inbound') this.#startNow(peer)
      return true
    }
    const sinceMs = performance.now() - (this.#headStartsMs.get(peer) ?? -Infinity)
    return (
      link.direction === 'inbound' &&
      sinceMs < HEAD_START_MS &&
      this.#init.peer.canDial(multiaddr(`/webrtc/p2p/${peer}`))
    )
  }

  /** Whether a direct link has just opened, so that the streams of this one are moving there. */
  #isBeingLeft({ remotePeer }: Connection): boolean {
    return directConnections(this.#init.peer, remotePeer).some(
      (direct) => performance.now() - (this.#openedMs.get(direct) ?? -Infinity) < MOVE_MS,
    )
  }

  #giveHeadStart(peer: string): void {
    const sinceMs = performance.now() - (this.#headStartsMs.get(peer) ?? -Infinity)
    if (sinceMs >= NO_HEAD_START_MS) this.#startNow(peer)
  }

  #startNow(peer: string): void {
    this.#headStartsMs.delete(peer)
    this.#headStartsMs.set(peer, performance.now())
    const [oldest] = this.#headStartsMs.keys()
    if (this.#headStartsMs.size > MAX_HEAD_STARTS && oldest !== undefined) this.#headStartsMs.delete(oldest)
  }

  /** Polls, because libp2p has no event for the end of the signaling on a circuit. */
  #checkLater(link: Connection): void {
    if (this.#checks.has(link) || this.#init.stopping.aborted) return
    const check = (): void => {
      this.#checks.delete(link)
      if (link.status === 'open') this.#init.changed(link.remotePeer.toString())
    }
    this.#checks.set(link, setTimeout(check, CHECK_MS))
  }
}
