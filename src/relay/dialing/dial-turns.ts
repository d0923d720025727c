/** Ends a turn, so that the next dial can begin. Further calls do nothing. */
export type EndTurn = () => void

/** The turns that one `who` of {@link DialTurns.take} holds or waits for. */
interface Party {
  held: number
  readonly waiting: Set<() => void>
}

/**
 * Turns to dial, shared fairly among the clients of one peer. Each client's share leaves room for one more
 * client, so a page that dials hundreds of silent addresses delays only its own dials.
 */
export class DialTurns {
  readonly #places: number
  readonly #parties = new Map<object, Party>()
  #held = 0

  /** `places` is the number of turns that can be held at the same time. */
  constructor(places: number) {
    this.#places = places
  }

  /**
   * Waits for a turn. Turns are shared fairly among the different values of `who`; each `who` gets its turns
   * in the order of its calls. Rejects with the signal's reason.
   */
  async take(who: object, signal: AbortSignal): Promise<EndTurn> {
    signal.throwIfAborted()
    const party = this.#parties.get(who) ?? { held: 0, waiting: new Set() }
    this.#parties.set(who, party)
    const ended = new AbortController()
    await new Promise<void>((resolve, reject) => {
      const giveUp = (): void => {
        party.waiting.delete(resolve)
        this.#settle(who, party)
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', giveUp, { signal: ended.signal })
      party.waiting.add(resolve)
      this.#grant()
    }).finally(() => ended.abort())
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      party.held -= 1
      this.#held -= 1
      this.#settle(who, party)
      this.#grant()
    }
  }

  #grant(): void {
    while (this.#held < this.#places) {
      const next = this.#next()
      if (next === undefined) return
      const [who, party] = next
      const [go] = party.waiting
      if (go === undefined) return
      party.waiting.delete(go)
      party.held += 1
      this.#held += 1
      // Move it to the end of the map, behind the others that hold as many turns.
      this.#parties.delete(who)
      this.#parties.set(who, party)
      go()
    }
  }

  /** Returns the party that holds the fewest turns, among those that wait and hold less than their share. */
  #next(): [object, Party] | undefined {
    const share = Math.max(1, Math.floor(this.#places / (this.#parties.size + 1)))
    let best: [object, Party] | undefined
    for (const entry of this.#parties) {
      const [, { held, waiting }] = entry
      if (waiting.size > 0 && held < (best?.[1].held ?? share)) best = entry
    }
    return best
  }

  #settle(who: object, { held, waiting }: Party): void {
    if (held === 0 && waiting.size === 0) this.#parties.delete(who)
  }
}
