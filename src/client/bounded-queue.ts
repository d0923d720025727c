import type { UnreadBudget } from './unread-budget.ts'

/** Items read from the front before the array that holds them is cut: keeps reading cheap however long the queue is. */
const CUT_AFTER = 1024

/**
 * A queue with a bound, read as an async iterator. What was pushed before the end is read before the end.
 *
 * Readers that wait are served in the order in which they asked. Several iterators share the items; one that is left
 * early (`break`) leaves the queue as it is.
 */
export class BoundedQueue<T> implements AsyncIterableIterator<T, undefined> {
  readonly #maxCost: number
  #budget: UnreadBudget | undefined
  readonly #readers: {
    resolve: (result: IteratorResult<T, undefined>) => void
    reject: (error: Error) => void
  }[] = []
  #items: { value: T; cost: number }[] = []
  #head = 0
  #cost = 0
  #end: { error: Error | undefined } | undefined

  /** `budget` is what it shares with other queues; without one only its own bound holds. */
  constructor(maxCost: number, budget?: UnreadBudget) {
    this.#maxCost = maxCost
    this.#budget = budget
  }

  /** What the items that nobody has read cost together. */
  get cost(): number {
    return this.#cost
  }

  /** False: it is full, or has ended, and the item was not taken. An item that a reader waits for costs nothing. */
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

  /** Nothing comes after the items that are there: then reading is done, or throws `error` every time. Only the first call counts. */
  end(error?: Error): void {
    this.#end ??= { error }
    for (const { resolve, reject } of this.#readers.splice(0)) {
      if (this.#end.error === undefined) resolve({ done: true, value: undefined })
      else reject(this.#end.error)
    }
  }

  /** Gives out the items that nobody has read, and forgets them. */
  clear(): T[] {
    const values = this.#items.slice(this.#head).map((item) => item.value)
    this.#items = []
    this.#head = 0
    this.#budget?.give(this.#cost)
    this.#cost = 0
    return values
  }

  /** Gives back what it has of the shared budget, for good: nothing is pushed any more. */
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
