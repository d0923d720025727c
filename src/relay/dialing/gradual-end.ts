/** Ends that one task may carry out: what hangs on each takes a fraction of a millisecond, and all together no longer than a frame. */
const MAX_ENDS_PER_TASK = 8

/**
 * Aborts what ends at the same time a few at a time, each few in a task of their own. A thousand Connects whose time is over
 * together would otherwise be one task of seconds, in which the peer serves nobody.
 */
export class GradualEnd {
  readonly #queueTask: (task: () => void) => void
  readonly #due: { controller: AbortController; reason: Error }[] = []

  /** `queueTask` as in `RelayComponents`. */
  constructor(queueTask: (task: () => void) => void) {
    this.#queueTask = queueTask
  }

  add(controller: AbortController, reason: Error): void {
    this.#due.push({ controller, reason })
    if (this.#due.length === 1) this.#queueTask(() => this.#run())
  }

  #run(): void {
    for (const { controller, reason } of this.#due.slice(0, MAX_ENDS_PER_TASK)) controller.abort(reason)
    this.#due.splice(0, MAX_ENDS_PER_TASK)
    if (this.#due.length > 0) this.#queueTask(() => this.#run())
  }
}
