import type { Subprotocol } from '../protocol/index.ts'

/**
 * Milliseconds for which a relay's choice is remembered. After that, a client finds out again, because the
 * relay may have been replaced.
 */
const REMEMBERED_MS = 600_000

/** Relays that are remembered. A further one displaces them all. */
const MAX_REMEMBERED = 64

/** What relays speak, by their URLs, so that a client that connects again doesn't have to find out again. */
export class KnownRelays {
  readonly #byUrl = new Map<string, { subprotocol: Subprotocol; untilMs: number }>()

  /** Returns what the relay speaks; undefined if it isn't known. */
  get(url: string): Subprotocol | undefined {
    const known = this.#byUrl.get(url)
    return known !== undefined && performance.now() < known.untilMs ? known.subprotocol : undefined
  }

  delete(url: string): void {
    this.#byUrl.delete(url)
  }

  set(url: string, subprotocol: Subprotocol): void {
    if (this.#byUrl.size >= MAX_REMEMBERED) this.#byUrl.clear()
    this.#byUrl.set(url, { subprotocol, untilMs: performance.now() + REMEMBERED_MS })
  }
}
