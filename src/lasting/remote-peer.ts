import type { LastingEnd, LastingStream } from './lasting-stream.ts'
import type { LastingLimits } from './limits.ts'
import type { Opening } from './opening.ts'
import { Quota } from './quota.ts'
import { Rate } from './rate.ts'

/** The most finished streams to remember per peer. Beyond that, the oldest is forgotten. */
const MAX_FINISHED = 256
/** The most times per second that new links may make a peer's interrupted streams retry early. */
const MAX_RETRIES_PER_SECOND = 5

/** The lasting streams with one peer, and how much of its limits it has used. */
export class RemotePeer {
  readonly peer: string
  readonly streams = new Map<string, LastingStream>()
  /** Carriers that don't belong to a stream yet. */
  readonly openings = new Set<Opening>()
  /**
   * Streams without a carrier. Each controller is aborted once its stream has a carrier again or has ended.
   */
  readonly interrupted = new Map<LastingStream, AbortController>()
  readonly quota: Quota
  /** Functions that each make an interrupted stream retry immediately. */
  readonly waiting = new Set<() => void>()
  readonly #limits: LastingLimits
  /**
   * Streams that have finished, with the time when they did. If the peer missed the last acknowledgement, it
   * asks to resume such a stream.
   */
  readonly #finished = new Map<string, number>()
  readonly #resumes: Rate
  readonly #retries = new Rate(MAX_RETRIES_PER_SECOND)

  constructor(peer: string, limits: LastingLimits, total: Quota) {
    this.peer = peer
    this.#limits = limits
    this.#resumes = new Rate(limits.maxResumesPerSecond)
    this.quota = new Quota(limits.maxUnacknowledgedBytesPerPeer, total)
  }

  /** Whether this peer can be forgotten: it has no streams, no openings and no recently finished streams. */
  get isIdle(): boolean {
    this.#forgetFinished()
    return this.streams.size === 0 && this.openings.size === 0 && this.#finished.size === 0
  }

  /**
   * Counts an attempt to resume a stream. Returns false if the peer has made too many in the current second.
   */
  mayResume(): boolean {
    return this.#resumes.take()
  }

  /** Makes interrupted streams retry now, unless the peer has triggered too many retries. */
  retry(): void {
    if (!this.#retries.take()) return
    for (const wake of Array.from(this.waiting)) wake()
  }

  ended(name: string, end: LastingEnd): void {
    this.streams.delete(name)
    if (end !== 'finished') return
    this.#finished.set(name, performance.now())
    const [oldest] = this.#finished.keys()
    if (this.#finished.size > MAX_FINISHED && oldest !== undefined) this.#finished.delete(oldest)
  }

  hasFinished(name: string): boolean {
    this.#forgetFinished()
    return this.#finished.has(name)
  }

  #forgetFinished(): void {
    const nowMs = performance.now()
    for (const [name, sinceMs] of this.#finished) {
      if (nowMs - sinceMs <= this.#limits.resumeTimeoutMs) return
      this.#finished.delete(name)
    }
  }
}
