import { IdentityInUseError } from '../relay/index.ts'
import { LOCK_PREFIX } from './tab-messages.ts'

const NAME = `${LOCK_PREFIX}identity`

/** Milliseconds in which a worker that ends gives the identity free. */
const FREE_TIMEOUT_MS = 5_000

/** The origin's identity, which one worker at a time may use, so that no two peers run with one key. */
export class IdentityLock {
  readonly #generation: number
  readonly #lost: () => void
  #held = false

  /**
   * A worker that was started because an earlier one hangs (`generation` above 0) takes the identity away from that one.
   * `lost` is called when that happens to this one: it must end.
   */
  constructor(generation: number, lost: () => void) {
    this.#generation = generation
    this.#lost = lost
  }

  /** Resolves once it is held, for the worker's life. Rejects with {@link IdentityInUseError} if another worker keeps it. */
  async take(): Promise<void> {
    if (this.#held) return
    // The two options exclude each other.
    const options: LockOptions =
      this.#generation > 0 ? { steal: true } : { signal: AbortSignal.timeout(FREE_TIMEOUT_MS) }
    await new Promise<void>((resolve, reject) => {
      navigator.locks
        .request(NAME, options, async () => {
          this.#held = true
          resolve()
          await new Promise(() => undefined)
        })
        .catch(() => {
          if (this.#held) this.#lost()
          else
            reject(
              new IdentityInUseError(
                'another worker of this site runs with this identity: close its tabs, or reload them',
              ),
            )
        })
    })
  }
}
