/** Ends a turn, once: the place is free for whoever waits. */
export type EndTurn = () => void

/** Who has turns or waits for them, as `who` of {@link DialTurns.take}. */
interface Party {
  held: number
  readonly waiting: Set<() => void>
}

/**
 * Turns to dial, shared among the clients of one peer. A client has at most its share of the places, which leaves room for one
 * client more; so a page that dials hundreds of silent addresses delays its own dials and nobody else's.
 */
export class DialTurns {
  readonly #places: number
  readonly #parties = new Map<object, Party>()
  #held = 0

  /** `places` is how many turns there are at once. */
  constructor(places: number) {
    this.#places = places
  }

  /**
   * Waits for a turn. `who` is what the turns are shared among; what one waits for is granted in the order in which it was
   * asked for. Rejects with the signal's reason.
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
      // Behind the others that hold as many.
      this.#parties.delete(who)
      this.#parties.set(who, party)
      go()
    }
  }

  /** Of those who wait and hold less than their share, the one who holds least. */
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
