/**
 * The standard's RTCStatsReport: a read-only map of statistics by their IDs.
 */
export class RTCStatsReport {
  readonly #entries: ReadonlyMap<string, object>

  constructor(entries: Iterable<[string, object]> = []) {
    this.#entries = new Map(entries)
  }

  get size(): number {
    return this.#entries.size
  }

  entries(): MapIterator<[string, object]> {
    return this.#entries.entries()
  }

  forEach(callback: (value: object, key: string, report: RTCStatsReport) => void, self?: unknown): void {
    for (const [key, value] of this.#entries) Reflect.apply(callback, self, [value, key, this])
  }

  get(id: string): object | undefined {
    return this.#entries.get(id)
  }

  has(id: string): boolean {
    return this.#entries.has(id)
  }

  keys(): MapIterator<string> {
    return this.#entries.keys()
  }

  values(): MapIterator<object> {
    return this.#entries.values()
  }

  declare [Symbol.iterator]: () => MapIterator<[string, object]>

  static {
    const { entries } = Object.getOwnPropertyDescriptors(this.prototype)
    Object.defineProperty(this.prototype, Symbol.iterator, entries)
  }
}
