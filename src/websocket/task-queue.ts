import { Fifo } from '../platform/fifo.ts'
import type { Platform } from './platform.ts'

/**
 * Runs each function in a task of its own, in order: what the standard calls "queue a task", for which a page has neither a
 * microtask (too early) nor a timer (throttled in the background). Each socket queues one in its life and, while the queue is
 * held, what its window lets the other end send.
 */
export class TaskQueue {
  readonly #platform: Platform
  readonly #sender: MessagePort
  readonly #tasks = new Fifo<() => void>()
  #isHeld = false
  /** Turns that came while the queue was held. */
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

  /** What comes now has to be queued, behind what was held. */
  get isBusy(): boolean {
    return this.#isHeld || this.#tasks.length > 0
  }

  queue(task: () => void): void {
    this.#tasks.push(task)
    this.#platform.post(this.#sender, null)
  }

  /** Runs nothing until {@link TaskQueue.release}. */
  hold(): void {
    this.#isHeld = true
  }

  release(): void {
    this.#isHeld = false
    for (; this.#missed > 0; this.#missed -= 1) this.#platform.post(this.#sender, null)
  }
}
