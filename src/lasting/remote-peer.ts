import type { LastingEnd, LastingStream } from './lasting-stream.ts'
import type { LastingLimits } from './limits.ts'
import type { Opening } from './opening.ts'
import { Quota } from './quota.ts'
import { Rate } from './rate.ts'

/** Finished streams of one peer that are remembered; the oldest is forgotten first. */
const MAX_FINISHED = 256
/** How often per second a new link may let the interrupted streams of a peer try again before their time. */
const MAX_RETRIES_PER_SECOND = 5

/** The lasting streams with one peer, and what it has used of its limits. */
export class RemotePeer {
  readonly peer: string
  readonly streams = new Map<string, LastingStream>()
  /** Carriers that don't belong to a stream yet. */
  readonly openings = new Set<Opening>()
  /** Those without a carrier. Each signal is aborted once its stream has one again, or has ended. */
  readonly interrupted = new Map<LastingStream, AbortController>()
  readonly quota: Quota
  /** Functions that let an interrupted stream make its next attempt immediately. */
  readonly waiting = new Set<() => void>()
  readonly #limits: LastingLimits
  /**
   * Streams that have ended in order, and when: the peer may have missed the last acknowledgement, and asks
   * for the stream again.
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

  /** Nothing would be lost if this peer were forgotten. */
  get isIdle(): boolean {
    this.#forgetFinished()
    return this.streams.size === 0 && this.openings.size === 0 && this.#finished.size === 0
  }

  /** Counts an attempt to resume a stream; false if the peer has made too many in this second. */
  mayResume(): boolean {
    return this.#resumes.take()
  }

  /** Lets interrupted streams make their next attempt now, unless the peer causes that all the time. */
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
