import { Fifo } from './fifo.ts'
import type { Platform } from './platform.ts'

/**
 * Runs each function in a task of its own, in order: what the standard calls "queue a task", for which a page has neither a
 * microtask (too early) nor a timer (throttled in the background). Not bounded: each socket queues one in its life.
 */
export class TaskQueue {
  readonly #platform: Platform
  readonly #sender: MessagePort
  readonly #tasks = new Fifo<() => void>()

  constructor(platform: Platform) {
    this.#platform = platform
    const { near, far } = platform.channel()
    this.#sender = near
    platform.receive(far, () => this.#tasks.shift()?.())
  }

  queue(task: () => void): void {
    this.#tasks.push(task)
    this.#platform.post(this.#sender, null)
  }
}
