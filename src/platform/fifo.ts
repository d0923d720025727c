/** A first-in first-out list whose `shift` costs the same however long it is. Its users bound it. */
export class Fifo<T> {
  #items: (T | undefined)[] = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  push(item: T): void {
    this.#items.push(item)
  }

  peek(): T | undefined {
    return this.#items[this.#head]
  }

  shift(): T | undefined {
    if (this.#head === this.#items.length) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head] = undefined
    this.#head += 1
    // Moving the rest to the front pays once half of the list is gone; each item is so moved at most once on average.
    if (this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  /** Keeps those that hold, in their order. */
  keep(holds: (item: T) => boolean): void {
    this.#items = this.#items.slice(this.#head).filter((item) => holds(item as T))
    this.#head = 0
  }

  clear(): void {
    this.#items = []
    this.#head = 0
  }
}
