/** Circuits at once from one peer to one other, those under way included: each has one, or two while it makes the first anew. */
export const MAX_CIRCUITS_PER_PAIR = 8
/** The part of all circuits that one dialling peer may have. */
const DIALLER_SHARE = 1 / 4

/** How many circuits each peer has dialled, so that one of them leaves room for the others. */
export class CircuitShares {
  readonly #maxPerDialler: number
  readonly #byDialler = new Map<string, number>()
  readonly #byPair = new Map<string, number>()

  /** `circuits` are all that the relay makes at once. */
  constructor(circuits: number) {
    this.#maxPerDialler = Math.ceil(circuits * DIALLER_SHARE)
  }

  /** Takes a circuit from one peer to another into account until the function that it returns is called; undefined: it is one too many. */
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
