import { LastingLostError } from './errors.ts'

/** What an {@link Opening} needs. */
export interface OpeningInit {
  /** It is in here until it is over, so that this side can end it when it stops. */
  openings: Set<Opening>
  timeoutMs: number
  /** Why it fails after `timeoutMs`. A clause, not a sentence. */
  tooLate: string
  /** Called once if it fails. */
  failed(error: Error): void
}

/** A carrier that is being opened, by either side, and that doesn't belong to a stream yet. */
export class Opening {
  readonly #init: OpeningInit
  readonly #timer: ReturnType<typeof setTimeout>

  constructor(init: OpeningInit) {
    this.#init = init
    init.openings.add(this)
    this.#timer = setTimeout(() => this.fail(new LastingLostError(init.tooLate)), init.timeoutMs)
  }

  get isOver(): boolean {
    return !this.#init.openings.has(this)
  }

  /** Does nothing if it is over. */
  fail(error: Error): void {
    if (this.isOver) return
    this.finish()
    this.#init.failed(error)
  }

  /** It has succeeded, or has been refused. */
  finish(): void {
    clearTimeout(this.#timer)
    this.#init.openings.delete(this)
  }
}
