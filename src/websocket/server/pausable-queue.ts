import { Fifo } from '../../platform/fifo.ts'

/**
 * Delivers items in order, and keeps those that arrive while it is paused or while another one is being
 * delivered. It has no bound: the owner admits only what fits its window.
 */
export class PausableQueue<T> {
  readonly #deliver: (item: T) => void
  readonly #items = new Fifo<T>()
  #isPaused = false
  #isDelivering = false
  #isOpen = true

  constructor(deliver: (item: T) => void) {
    this.#deliver = deliver
  }

  push(item: T): void {
    if (this.#isOpen && (this.#isPaused || this.#isDelivering)) this.#items.push(item)
    else this.#deliver(item)
  }

  pause(): void {
    this.#isPaused = true
  }

  /** Delivers what was kept, before it returns, until something pauses the queue again. */
  resume(): void {
    this.#isPaused = false
    // Called while an item is being delivered: the loop below is running.
    if (this.#isDelivering) return
    this.#isDelivering = true
    for (let item = this.#next(); item !== undefined; item = this.#next()) this.#deliver(item)
    this.#isDelivering = false
  }

  /** Delivers what was kept even if the queue is paused, and from now on everything immediately. */
  flush(): void {
    this.#isOpen = false
    for (let item = this.#items.shift(); item !== undefined; item = this.#items.shift()) this.#deliver(item)
  }

  clear(): void {
    this.#items.clear()
  }

  #next(): T | undefined {
    return this.#isPaused ? undefined : this.#items.shift()
  }
}
