import { Fifo } from '../../platform/fifo.ts'
import type { Platform } from './platform.ts'

/**
 * Runs each function in a task of its own, in order: what the standard calls "queue a task". A microtask
 * would run too early, and timers are throttled in background tabs.
 *
 * It is separate from `platform/task-queue.ts` because it can be held, and uses only the captured platform.
 * Bounded: each socket queues one task and, while the queue is held, the messages that fit its window.
 */
export class TaskQueue {
  readonly #platform: Platform
  readonly #sender: MessagePort
  readonly #tasks = new Fifo<() => void>()
  #isHeld = false
  /** Port messages that arrived while the queue was held. */
  #missed = 0

  constructor(platform: Platform) {
    this.#platform = platform
    const { near, far } = platform.channel()
    this.#sender = near
    platform.receive(far, () => {
      if (this.#isHeld) this.#missed += 1
      else this.#tasks.shift()?.()
    })
  }

  /** Whether tasks are held or waiting, so that anything new must be queued after them. */
  get isBusy(): boolean {
    return this.#isHeld || this.#tasks.length > 0
  }

  queue(task: () => void): void {
    this.#tasks.push(task)
    this.#platform.post(this.#sender, null)
  }

  /** Stops running tasks until {@link TaskQueue.release}. */
  hold(): void {
    this.#isHeld = true
  }

  release(): void {
    this.#isHeld = false
    for (; this.#missed > 0; this.#missed -= 1) this.#platform.post(this.#sender, null)
  }
}
