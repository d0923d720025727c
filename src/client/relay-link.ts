import type { Client } from './client.ts'

/**
 * Milliseconds before the second attempt. The pause doubles each time, up to {@link DEFAULT_MAX_RETRY_MS}.
 */
export const DEFAULT_MIN_RETRY_MS = 500

/** Longest pause between two attempts, in milliseconds. */
export const DEFAULT_MAX_RETRY_MS = 30_000

/** The state of a link. `attempt` starts at 1 and is reset by each success. */
export type RelayLinkState =
  | { kind: 'connecting'; attempt: number }
  | { kind: 'connected'; client: Client }
  | { kind: 'waiting'; attempt: number; retryMs: number; error: Error }
  | { kind: 'stopped' }

/** Options of a {@link RelayLink}. */
export interface RelayLinkInit {
  /** Makes one attempt, such as `(signal) => connect(url, { signal })`. */
  connect: (signal: AbortSignal) => Promise<Client>
  /** Called with each new state in order, starting with `connecting`. */
  changed: (state: RelayLinkState) => void
  /** Ends the link and closes its client. The last state is `stopped`. */
  signal: AbortSignal
  /** Milliseconds; see {@link DEFAULT_MIN_RETRY_MS}. */
  minRetryMs?: number
  /** Milliseconds; see {@link DEFAULT_MAX_RETRY_MS}. */
  maxRetryMs?: number
  /** Returns a number from 0 to 1 that spreads the attempts of many pages; default `Math.random`. */
  random?: () => number
}

/**
 * Keeps a page connected to its relay. It connects again after each failure or loss, with growing pauses.
 *
 * Each new client starts without listeners and connections, so create them again at each `connected` state.
 */
export class RelayLink {
  readonly #init: RelayLinkInit
  #wake: () => void = () => undefined

  constructor(init: RelayLinkInit) {
    this.#init = init
    void this.#run()
  }

  /** Ends the current pause, if any, and tries again immediately. */
  retry(): void {
    this.#wake()
  }

  async #run(): Promise<void> {
    const { signal, changed, connect } = this.#init
    // A call, because the type checker takes `signal.aborted` to stay false during the awaits below.
    const isStopped = (): boolean => signal.aborted
    for (let attempt = 1; !isStopped(); attempt++) {
      changed({ kind: 'connecting', attempt })
      let error: Error
      try {
        const client = await connect(signal)
        attempt = 0
        changed({ kind: 'connected', client })
        error = new Error((await this.#lost(client)).reason)
      } catch (thrown) {
        error = thrown instanceof Error ? thrown : new Error(String(thrown))
      }
      if (isStopped()) break
      const retryMs = this.#retryMs(Math.max(attempt, 1))
      changed({ kind: 'waiting', attempt: Math.max(attempt, 1), retryMs, error })
      await this.#pause(retryMs)
    }
    changed({ kind: 'stopped' })
  }

  async #lost(client: Client): Promise<{ reason: string }> {
    const { signal } = this.#init
    const close = (): void => client.close()
    if (signal.aborted) close()
    signal.addEventListener('abort', close)
    try {
      return await client.closed
    } finally {
      signal.removeEventListener('abort', close)
    }
  }

  /** Returns a random duration between half and all of the pause. */
  #retryMs(attempt: number): number {
    const {
      minRetryMs = DEFAULT_MIN_RETRY_MS,
      maxRetryMs = DEFAULT_MAX_RETRY_MS,
      random = Math.random,
    } = this.#init
    const longest = Math.min(maxRetryMs, minRetryMs * 2 ** Math.min(attempt - 1, 30))
    return Math.round(longest * (0.5 + random() / 2))
  }

  async #pause(retryMs: number): Promise<void> {
    const { signal } = this.#init
    if (signal.aborted) return
    const done = new AbortController()
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      const timer = setTimeout(resolve, retryMs)
      signal.addEventListener('abort', () => resolve(), { signal: done.signal })
      done.signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
    })
    done.abort()
    this.#wake = () => undefined
  }
}
