/** Stalls of one kind, in milliseconds. */
export class Stalls {
  readonly #ms: number[] = []

  add(ms: number): void {
    this.#ms.push(ms)
  }

  /** Their distribution, in whole milliseconds. */
  get distribution(): { count: number; median: number; p90: number; p99: number; max: number } {
    const sorted = this.#ms.toSorted((one, other) => one - other)
    const at = (share: number): number => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0)
    return { count: sorted.length, median: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) }
  }
}
