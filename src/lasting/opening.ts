import { LastingLostError } from './errors.ts'

/** What an {@link Opening} needs. */
export interface OpeningInit {
  /**
   * The pending openings. The opening adds itself and removes itself when it is over, so that all can be
   * ended on stop.
   */
  openings: Set<Opening>
  timeoutMs: number
  /** The error message if it takes longer than `timeoutMs`. A clause, not a sentence. */
  tooLate: string
  /** Called once if the opening fails. */
  failed(error: Error): void
}

/**
 * The opening of a carrier, by either side, until the carrier belongs to a stream. It fails after a timeout.
 */
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

  /** Ends the opening with an error. Does nothing if it is already over. */
  fail(error: Error): void {
    if (this.isOver) return
    this.finish()
    this.#init.failed(error)
  }

  /** Ends the opening without an error: the carrier was accepted or refused. */
  finish(): void {
    clearTimeout(this.#timer)
    this.#init.openings.delete(this)
  }
}
