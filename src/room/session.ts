import type { LinkState } from '../client/index.ts'
import { Refusal } from './frames.ts'
import type { Frame, Introduction } from './frames.ts'
import { Inbox } from './inbox.ts'
import type { RoomLimits } from './limits.ts'
import { MAX_WIRES_PER_MEMBER } from './limits.ts'
import { Outbox } from './outbox.ts'
import type { Outgoing } from './outbox.ts'
import type { Wire } from './wire.ts'

/** Why a session ended. */
export type SessionEnd = 'left' | 'gone' | 'lost' | 'removed' | 'closed'

/** Options of a {@link Session}. */
export interface SessionInit {
  /** The other member. */
  peer: string
  page: string
  /** This side's number of the session. Random, and not 0. */
  number: number
  limits: Readonly<RoomLimits>
  /** Whether this side closes connections that aren't needed. The side with the smaller member ID does. */
  isArbiter: boolean
  /** Messages that the member has missed before. */
  missed: number
  windowBytes(): number
  state(): Uint8Array
  /** The other side is a new session: this one has ended, and a new one takes the connection over. */
  restarted(wire: Wire, frame: Extract<Frame, { type: 'session' }>): void
  /** A connection carries the session, at first or again. */
  ready(wire: Wire): void
  received(kind: number, body: Uint8Array): void
  introduced(members: Introduction[]): void
  linkChanged(): void
  /**
   * No connection is left. `isGone`: nothing was wrong with the link, so the page has probably been closed.
   */
  disconnected(isGone: boolean): void
  /** The member broke the protocol, which ended the session. */
  broke(error: TypeError): void
  ended(end: SessionEnd, missed: number): void
}

/**
 * What two members have exchanged, whatever carries it. Parts arrive once and in order while connections come
 * and go: each new one begins with what both sides have received.
 */
export class Session {
  readonly init: SessionInit
  readonly #outbox: Outbox
  readonly #inbox: Inbox
  readonly #wires = new Set<Wire>()
  /** The connection that parts are sent on: the newest that is ready. */
  #current: Wire | undefined
  /** The other side's number; 0 as long as it isn't known. */
  #otherNumber = 0
  #stallTimer: ReturnType<typeof setTimeout> | undefined
  #hasEnded = false
  /** Whether nothing carried the session when its link was last looked at. */
  #wasInterrupted = true

  constructor(init: SessionInit) {
    this.init = init
    this.#outbox = new Outbox(
      { ...init.limits, windowBytes: () => init.windowBytes(), state: () => init.state() },
      init.missed,
    )
    this.#inbox = new Inbox({
      ...init.limits,
      received: (kind, body) => init.received(kind, body),
    })
    this.#checkStall({ progressed: false })
  }

  /** What carries the session now. */
  get link(): LinkState | undefined {
    return this.#current === undefined ? 'interrupted' : this.#current.connection.link
  }

  get isConnected(): boolean {
    return this.#wires.size > 0
  }

  /** Adds a connection. */
  attach(wire: Wire): void {
    const [oldest] = this.#wires
    if (oldest !== undefined && this.#wires.size >= MAX_WIRES_PER_MEMBER) oldest.connection.close()
    this.#adopt(wire)
    const { number } = this.init
    wire.send({ type: 'session', own: number, known: this.#otherNumber, received: this.#inbox.received })
  }

  /** Takes over the connection of a session that the other side has begun anew. */
  takeOver(wire: Wire, frame: Extract<Frame, { type: 'session' }>): void {
    this.#adopt(wire)
    this.#begin(wire, frame)
  }

  /** Queues a message. Returns false if the queue is full. */
  send(message: Outgoing): boolean {
    const isQueued = this.#outbox.add(message)
    this.#pump()
    return isQueued
  }

  /** Queues a message of this page's own that is small, and of which there can't be many. */
  sendAlways(message: Outgoing): void {
    this.#outbox.addAlways(message)
    this.#pump()
  }

  stateChanged(): void {
    this.#outbox.stateChanged()
    this.#pump()
  }

  introduce(members: Introduction[]): void {
    this.#current?.send({ type: 'members', members })
  }

  /** Ends the session. */
  end(end: SessionEnd): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    clearTimeout(this.#stallTimer)
    for (const wire of this.#wires) {
      if (end === 'closed') wire.send({ type: 'leave' })
      if (end === 'removed') wire.send({ type: 'refused', reason: Refusal.removed })
      wire.connection.close()
    }
    this.init.ended(end, this.#outbox.end())
  }

  #adopt(wire: Wire): void {
    this.#wires.add(wire)
    wire.events = {
      frame: (frame) => this.#frame(wire, frame),
      broken: (error) => this.#broken(error),
      linkChanged: () => this.#linkChanged(wire),
      drained: () => this.#pump(),
      ended: (wasInterrupted) => this.#ended(wire, wasInterrupted),
    }
  }

  #frame(wire: Wire, frame: Frame): void {
    if (this.#hasEnded) return
    switch (frame.type) {
      case 'session':
        if (wire.isReady) throw new TypeError('A connection began twice.')
        if (this.#otherNumber !== 0 && frame.own !== this.#otherNumber) {
          this.#wires.delete(wire)
          this.end('lost')
          return this.init.restarted(wire, frame)
        }
        return this.#begin(wire, frame)
      case 'part':
        if (!wire.isReady) throw new TypeError('A part came before the beginning.')
        this.#inbox.take(frame)
        return this.#acknowledge(wire)
      case 'ack':
        this.#checkStall({ progressed: this.#acknowledged(frame.received) > 0 })
        return this.#pump()
      case 'members':
        return this.init.introduced(frame.members)
      case 'leave':
        return this.end('left')
      case 'refused':
        this.init.broke(new TypeError('A member has removed this page.'))
        return this.end('left')
      case 'hello':
      case 'proof':
        throw new TypeError('A handshake came twice.')
      default:
        frame satisfies never
    }
  }

  #begin(wire: Wire, frame: Extract<Frame, { type: 'session' }>): void {
    this.#otherNumber = frame.own
    // If the other side knows another session of this side, its count is of that one.
    if (frame.known === this.init.number) this.#acknowledged(frame.received)
    wire.isReady = true
    this.#current = wire
    this.#outbox.restart()
    if (this.init.isArbiter) {
      for (const other of this.#wires) if (other !== wire && other.isReady) other.connection.close()
    }
    this.#linkChanged(wire)
    this.init.ready(wire)
    this.#pump()
  }

  /** Returns how many parts are newly acknowledged. */
  #acknowledged(received: number): number {
    const count = this.#outbox.acknowledge(received)
    if (count === undefined) throw new TypeError('Parts were acknowledged that were not sent.')
    return count
  }

  /** Acknowledges each part, as the other side may know of more members, and have fewer parts underway. */
  #acknowledge(wire: Wire): void {
    if (!this.#hasEnded) wire.send({ type: 'ack', received: this.#inbox.received })
  }

  #pump(): void {
    while (this.#current?.hasRoom === true && !this.#hasEnded) {
      const part = this.#outbox.next()
      if (part === undefined) break
      this.#current.send(part)
    }
    this.#checkStall({ progressed: false })
  }

  #broken(error: TypeError): void {
    if (this.#hasEnded) return
    this.init.broke(error)
    this.end('removed')
  }

  #ended(wire: Wire, wasInterrupted: boolean): void {
    this.#wires.delete(wire)
    if (this.#hasEnded) return
    if (this.#current === wire) {
      this.#current = [...this.#wires].findLast(({ isReady }) => isReady)
      this.#outbox.restart()
      this.#linkChanged(wire)
      this.#pump()
    }
    if (this.#wires.size === 0) this.init.disconnected(!wasInterrupted)
  }

  #linkChanged(wire: Wire): void {
    const isInterrupted = this.link === 'interrupted'
    // Only the end of an interruption counts: a member that hangs may change its links for ever.
    this.#checkStall({ progressed: this.#wasInterrupted && !isInterrupted })
    this.#wasInterrupted = isInterrupted
    if (wire === this.#current || this.#current === undefined) this.init.linkChanged()
  }

  /**
   * Ends the session if nothing carries it for too long, or if the other page acknowledges nothing, because
   * it hangs.
   */
  #checkStall({ progressed }: { progressed: boolean }): void {
    const isStalled = this.link === 'interrupted' || this.#outbox.isWaiting
    if (progressed || !isStalled) {
      clearTimeout(this.#stallTimer)
      this.#stallTimer = undefined
    }
    if (isStalled && !this.#hasEnded)
      this.#stallTimer ??= setTimeout(() => this.end('lost'), this.init.limits.goneMs)
  }
}
