interface Link<T> {
  readonly value: T
  next: Link<T> | undefined
}

/**
 * First in, first out; both ends in constant time, however long it is. It uses no method of the page's own Array, which a
 * page may have replaced. It has no bound of its own: whoever owns one states it.
 */
export class Fifo<T> {
  #head: Link<T> | undefined
  #tail: Link<T> | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The next one to leave; undefined when there is none. */
  get first(): T | undefined {
    return this.#head?.value
  }

  push(value: T): void {
    const link: Link<T> = { value, next: undefined }
    if (this.#tail === undefined) this.#head = link
    else this.#tail.next = link
    this.#tail = link
    this.#size += 1
  }

  shift(): T | undefined {
    const head = this.#head
    if (head === undefined) return undefined
    this.#head = head.next
    if (head.next === undefined) this.#tail = undefined
    this.#size -= 1
    return head.value
  }

  clear(): void {
    this.#head = undefined
    this.#tail = undefined
    this.#size = 0
  }
}
