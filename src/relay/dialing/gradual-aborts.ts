/** Aborts in one task. Each costs a fraction of a millisecond, so a task stays shorter than a frame. */
const MAX_ABORTS_PER_TASK = 8

/**
 * Spreads aborts over several tasks, a few in each. A thousand Connects that time out together would
 * otherwise block the peer for seconds.
 */
export class GradualAborts {
  readonly #queueTask: (task: () => void) => void
  readonly #due: { controller: AbortController; reason: Error }[] = []

  /** `queueTask` is that of `RelayComponents`. */
  constructor(queueTask: (task: () => void) => void) {
    this.#queueTask = queueTask
  }

  add(controller: AbortController, reason: Error): void {
    this.#due.push({ controller, reason })
    if (this.#due.length === 1) this.#queueTask(() => this.#run())
  }

  #run(): void {
    for (const { controller, reason } of this.#due.slice(0, MAX_ABORTS_PER_TASK)) controller.abort(reason)
    this.#due.splice(0, MAX_ABORTS_PER_TASK)
    if (this.#due.length > 0) this.#queueTask(() => this.#run())
  }
}
