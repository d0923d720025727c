import type { UnreadBudget } from './unread-budget.ts'

/**
 * Number of read items after which they are removed from the array. Removing them in batches keeps reads
 * cheap in a long queue.
 */
const CUT_AFTER = 1024

/**
 * A bounded queue, read as an async iterator. Items pushed before {@link end} can still be read after it.
 *
 * Waiting readers are served in order. Several iterators share the items, and leaving one early (`break`)
 * doesn't change the queue.
 */
export class BoundedQueue<T> implements AsyncIterableIterator<T, undefined> {
  readonly #maxCost: number
  #budget: UnreadBudget | undefined
  readonly #read: () => void
  readonly #readers: {
    resolve: (result: IteratorResult<T, undefined>) => void
    reject: (error: Error) => void
  }[] = []
  #items: { value: T; cost: number }[] = []
  #head = 0
  #cost = 0
  #end: { error: Error | undefined } | undefined

  /**
   * @param maxCost the maximum total cost of the unread items
   * @param budget an additional bound, shared with other queues
   * @param read called after an unread item is removed by {@link next}
   */
  constructor(maxCost: number, budget?: UnreadBudget, read: () => void = () => undefined) {
    this.#maxCost = maxCost
    this.#budget = budget
    this.#read = read
  }

  /** Total cost of the unread items. */
  get cost(): number {
    return this.#cost
  }

  /**
   * Adds an item. Returns false if the queue is full or has ended. An item passed directly to a waiting
   * reader costs nothing.
   */
  push(value: T, cost: number): boolean {
    if (this.#end !== undefined) return false
    const reader = this.#readers.shift()
    if (reader !== undefined) {
      reader.resolve({ done: false, value })
      return true
    }
    if (this.#cost + cost > this.#maxCost || this.#budget?.take(cost) === false) return false
    this.#cost += cost
    this.#items.push({ value, cost })
    return true
  }

  /**
   * Ends the queue. Once the remaining items are read, iteration finishes, or rejects with `error`. Only the
   * first call has an effect.
   */
  end(error?: Error): void {
    this.#end ??= { error }
    for (const { resolve, reject } of this.#readers.splice(0)) {
      if (this.#end.error === undefined) resolve({ done: true, value: undefined })
      else reject(this.#end.error)
    }
  }

  /** Removes and returns the unread items. */
  clear(): T[] {
    const values = this.#items.slice(this.#head).map((item) => item.value)
    this.#items = []
    this.#head = 0
    this.#budget?.give(this.#cost)
    this.#cost = 0
    return values
  }

  /** Permanently returns this queue's share of the budget. Call it only after the last push. */
  release(): void {
    this.#budget?.give(this.#cost)
    this.#budget = undefined
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const item = this.#items[this.#head]
    if (item !== undefined) {
      this.#head += 1
      this.#cost -= item.cost
      this.#budget?.give(item.cost)
      this.#cut()
      this.#read()
      return Promise.resolve({ done: false, value: item.value })
    }
    if (this.#end?.error !== undefined) return Promise.reject(this.#end.error)
    if (this.#end !== undefined) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }))
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #cut(): void {
    if (this.#head === this.#items.length || this.#head >= CUT_AFTER) {
      this.#items.splice(0, this.#head)
      this.#head = 0
    }
  }
}
