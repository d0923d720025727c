/**
 * Most circuits at once from one peer to another, including those being opened. Peers need one, or two while
 * they replace it.
 */
export const MAX_CIRCUITS_PER_PAIR = 8
/** The largest share of all circuits that one dialling peer may have. */
const DIALLER_SHARE = 1 / 4

/** Counts the circuits that each peer has dialled, so that no peer uses up the circuits of all others. */
export class CircuitShares {
  readonly #maxPerDialler: number
  readonly #byDialler = new Map<string, number>()
  readonly #byPair = new Map<string, number>()

  /** `circuits` is the circuit relay's limit of circuits. */
  constructor(circuits: number) {
    this.#maxPerDialler = Math.ceil(circuits * DIALLER_SHARE)
  }

  /**
   * Counts a circuit between two peers until the returned function is called. Returns undefined if it would
   * exceed a limit.
   */
  take(from: string, to: string): (() => void) | undefined {
    const pair = `${from} ${to}`
    if ((this.#byDialler.get(from) ?? 0) >= this.#maxPerDialler) return undefined
    if ((this.#byPair.get(pair) ?? 0) >= MAX_CIRCUITS_PER_PAIR) return undefined
    add(this.#byDialler, from, 1)
    add(this.#byPair, pair, 1)
    return () => {
      add(this.#byDialler, from, -1)
      add(this.#byPair, pair, -1)
    }
  }
}

function add(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by
  if (count === 0) counts.delete(key)
  else counts.set(key, count)
}
