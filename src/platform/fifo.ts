interface Entry<T> {
  readonly item: T
  next: Entry<T> | undefined
}

/**
 * A first-in first-out queue: each operation takes constant time, however long the queue is. Its owner bounds
 * it.
 *
 * Entries are linked rather than kept in an array because the queue also serves pages, which may have
 * replaced the methods of Array.
 */
export class Fifo<T> {
  #first: Entry<T> | undefined
  #last: Entry<T> | undefined
  #length = 0

  get length(): number {
    return this.#length
  }

  push(item: T): void {
    const entry: Entry<T> = { item, next: undefined }
    if (this.#last === undefined) this.#first = entry
    else this.#last.next = entry
    this.#last = entry
    this.#length += 1
  }

  /** Returns the item that {@link shift} would remove; undefined if the queue is empty. */
  peek(): T | undefined {
    return this.#first?.item
  }

  /** Removes the oldest item and returns it; undefined if the queue is empty. */
  shift(): T | undefined {
    const first = this.#first
    if (first === undefined) return undefined
    this.#first = first.next
    if (first.next === undefined) this.#last = undefined
    this.#length -= 1
    return first.item
  }

  clear(): void {
    this.#first = undefined
    this.#last = undefined
    this.#length = 0
  }
}
