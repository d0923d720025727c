import type { RoomLimits } from './limits.ts'
import { Refusal } from './frames.ts'
import {
  JOIN_INTERVAL_MS,
  MAX_BANS_PER_PEER,
  MAX_HANDSHAKES,
  MAX_HANDSHAKES_PER_PEER,
  MAX_JOINS_PER_PEER,
  MAX_REMEMBERED,
} from './limits.ts'
import { Rate } from './rate.ts'
import { RoomError } from './room-error.ts'

/** Options of a {@link Gate}. */
export interface GateInit {
  limits: Readonly<RoomLimits>
  problem(error: RoomError, isOwn: boolean): void
}

/**
 * What keeps others from taking more than their share: handshakes, reports, and members that broke the
 * protocol.
 */
export class Gate {
  readonly #init: GateInit
  readonly #handshakes = new Map<string, number>()
  #handshakeCount = 0
  readonly #joins = new Map<string, Rate>()
  readonly #banned = new Set<string>()
  /** How many members of each peer have broken the protocol. */
  readonly #bans = new Map<string, number>()
  /** What was reported, so that nobody can flood the application with it. */
  readonly #reported = new Set<string>()

  constructor(init: GateInit) {
    this.#init = init
  }

  /** Counts an incoming connection until {@link exit}. Returns false if there are too many. */
  enter(peer: string): boolean {
    const ofPeer = this.#handshakes.get(peer) ?? 0
    if (this.#handshakeCount >= MAX_HANDSHAKES || ofPeer >= MAX_HANDSHAKES_PER_PEER) return false
    this.#handshakes.set(peer, ofPeer + 1)
    this.#handshakeCount += 1
    return true
  }

  exit(peer: string): void {
    const ofPeer = (this.#handshakes.get(peer) ?? 0) - 1
    if (ofPeer > 0) this.#handshakes.set(peer, ofPeer)
    else this.#handshakes.delete(peer)
    this.#handshakeCount -= 1
  }

  /** Returns why a join of the peer would be refused now; undefined if it wouldn't. */
  refusalOfJoin(peer: string): number | undefined {
    return this.#joins.get(peer)?.isFull === true ? Refusal.busy : undefined
  }

  /** Counts a join or a restarted session. */
  joined(peer: string): void {
    let joins = this.#joins.get(peer)
    if (joins === undefined) {
      makeRoom(this.#joins)
      joins = new Rate(MAX_JOINS_PER_PEER, JOIN_INTERVAL_MS)
      this.#joins.set(peer, joins)
    }
    joins.count()
  }

  /** Returns how fast the frames of one member are read. */
  readingRate(): Rate {
    const { maxFramesPerSecond } = this.#init.limits
    return new Rate(maxFramesPerSecond, 1_000 / maxFramesPerSecond)
  }

  isBanned(peer: string, id: string): boolean {
    return this.#banned.has(id) || (this.#bans.get(peer) ?? 0) >= MAX_BANS_PER_PEER
  }

  /** Keeps a member out that has broken the protocol, and its peer if too many of its members have. */
  broke(peer: string, id: string, cause: Error): void {
    makeRoom(this.#banned)
    this.#banned.add(id)
    const bans = this.#bans.get(peer) ?? 0
    if (bans === 0) makeRoom(this.#bans)
    this.#bans.set(peer, bans + 1)
    this.report(id, new RoomError('ERR_MEMBER_REMOVED', cause.message, { cause }))
  }

  /**
   * Reports an error once for each peer or member. `isOwn`: this page was refused, so that it may not be able
   * to join.
   */
  report(about: string, error: RoomError, isOwn = false): void {
    const key = `${error.code} ${about}`
    if (this.#reported.has(key)) return
    makeRoom(this.#reported)
    this.#reported.add(key)
    this.#init.problem(error, isOwn)
  }
}

/** Forgets the oldest entry of what is remembered about others, if there are too many. */
export function makeRoom(remembered: Map<string, unknown> | Set<string>): void {
  const [oldest] = remembered.keys()
  if (remembered.size >= MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest)
}
