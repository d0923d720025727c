import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { WEBRTC_SIGNALING } from '../dialing/abilities.ts'
import type { DirectLinks } from '../dialing/direct-links.ts'
import type { Peer } from '../peer.ts'

/**
 * The share of a circuit's allowance that each of its two ends may use for data while a direct link is being
 * made. If both use theirs, a third is left for the signalling, which needs the circuit.
 */
const SHARE = 1 / 3
/** Milliseconds that the side which was dialled leaves to the other one to begin with its signalling. */
const HEAD_START_MS = 3_000
/** Milliseconds in which further circuits of the same peer get no head start: its signalling has failed. */
const NO_HEAD_START_MS = 60_000
/** Peers whose head start is remembered. The oldest is forgotten first. */
const MAX_HEAD_STARTS = 1_024
/** Milliseconds after which a circuit whose budget was used up is looked at again. */
const CHECK_MS = 250

/** What {@link CircuitBudget} needs. */
export interface CircuitBudgetInit {
  peer: Peer
  direct: Pick<DirectLinks, 'isSearching'>
  /** Called each time that a peer's streams may be able to send again. */
  changed(peer: string): void
  stopping: AbortSignal
}

/**
 * Says how much data may be put on a circuit that its circuit relay will cut after a number of bytes. While a
 * direct link is being made through it, that is only a share: the circuit must last until the streams can
 * move. Afterwards it is used up, and the streams go on over another one.
 */
export class CircuitBudget {
  readonly #init: CircuitBudgetInit
  /** When each peer opened a circuit that gave it a head start. */
  readonly #headStartsMs = new Map<string, number>()
  readonly #allowedBytes = new WeakMap<Connection, number>()
  /** Circuits whose budget is used up for now. */
  readonly #checks = new Map<Connection, ReturnType<typeof setTimeout>>()

  constructor(init: CircuitBudgetInit) {
    this.#init = init
    init.peer.libp2p.addEventListener(
      'connection:open',
      ({ detail: link }) => {
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

  /** Bytes of data that may be sent over this link now. */
  bytesFor(link: Connection): number {
    const left = link.limits?.bytes
    const allowed = this.#allowedBytes.get(link)
    if (left === undefined || allowed === undefined || !this.#isBeingReplaced(link)) return Infinity
    const queued = link.streams.reduce((total, { writeBufferLength }) => total + writeBufferLength, 0)
    const budget = Math.floor(Number(left) - queued - allowed * (1 - SHARE))
    if (budget <= 0) this.#checkLater(link)
    return Math.max(0, budget)
  }

  #isBeingReplaced(link: Connection): boolean {
    const peer = link.remotePeer.toString()
    if (this.#init.direct.isSearching(peer)) return true
    if (link.streams.some(({ protocol }) => protocol === WEBRTC_SIGNALING)) return true
    const sinceMs = performance.now() - (this.#headStartsMs.get(peer) ?? -Infinity)
    return (
      link.direction === 'inbound' &&
      sinceMs < HEAD_START_MS &&
      this.#init.peer.canDial(multiaddr(`/webrtc/p2p/${peer}`))
    )
  }

  #giveHeadStart(peer: string): void {
    const nowMs = performance.now()
    if (nowMs - (this.#headStartsMs.get(peer) ?? -Infinity) < NO_HEAD_START_MS) return
    this.#headStartsMs.delete(peer)
    this.#headStartsMs.set(peer, nowMs)
    const [oldest] = this.#headStartsMs.keys()
    if (this.#headStartsMs.size > MAX_HEAD_STARTS && oldest !== undefined) this.#headStartsMs.delete(oldest)
  }

  /** libp2p doesn't tell when the signalling on a circuit ends. */
  #checkLater(link: Connection): void {
    if (this.#checks.has(link) || this.#init.stopping.aborted) return
    const check = (): void => {
      this.#checks.delete(link)
      if (link.status === 'open') this.#init.changed(link.remotePeer.toString())
    }
    this.#checks.set(link, setTimeout(check, CHECK_MS))
  }
}
