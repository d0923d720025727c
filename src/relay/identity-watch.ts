import type { Libp2p } from '@libp2p/interface'

/**
 * Shortest time between two reports, in milliseconds. Reservations that are granted in the meantime are
 * reported together.
 */
const MIN_INTERVAL_MS = 1_000

/** What may change the addresses of a peer, or whether others can dial them. */
const EVENTS = [
  'self:peer:update',
  'transport:listening',
  'transport:close',
  'connection:open',
  'connection:close',
] as const

/** Reports changes of what Identify says of a peer, at most one in {@link MIN_INTERVAL_MS}. */
export class IdentityWatch {
  readonly #read: () => string
  readonly #changed: () => void
  readonly #stopping = new AbortController()
  #last: string
  #timer: ReturnType<typeof setTimeout> | undefined

  /**
   * @param read returns everything that may change, as text to compare
   * @param changed called after each change
   */
  constructor(libp2p: Pick<Libp2p, 'addEventListener'>, read: () => string, changed: () => void) {
    this.#read = read
    this.#changed = changed
    this.#last = read()
    const { signal } = this.#stopping
    for (const event of EVENTS) libp2p.addEventListener(event, () => this.#schedule(), { signal })
  }

  stop(): void {
    this.#stopping.abort()
    clearTimeout(this.#timer)
  }

  #schedule(): void {
    if (this.#stopping.signal.aborted) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      const now = this.#read()
      if (now === this.#last) return
      this.#last = now
      this.#changed()
    }, MIN_INTERVAL_MS)
  }
}
