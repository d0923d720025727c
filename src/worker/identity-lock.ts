import { IdentityInUseError } from '../relay/index.ts'
import { LOCK_PREFIX } from './tab-messages.ts'

const NAME = `${LOCK_PREFIX}identity`

/** Milliseconds to wait for a worker that is ending to release the identity. */
const RELEASE_TIMEOUT_MS = 5_000

/** Lets only one worker of the origin use the identity, so that no two peers run with the same key. */
export class IdentityLock {
  readonly #generation: number
  readonly #onStolen: () => void
  #held = false

  /**
   * @param generation above 0 for a worker that replaces a hung one: it steals the identity
   * @param onStolen called when another worker steals the identity; this worker must then end
   */
  constructor(generation: number, onStolen: () => void) {
    this.#generation = generation
    this.#onStolen = onStolen
  }

  /**
   * Acquires the identity for the worker's life. Rejects with {@link IdentityInUseError} if another worker
   * doesn't release it in time.
   */
  async acquire(): Promise<void> {
    if (this.#held) return
    // The Web Locks API doesn't allow both options together.
    const options: LockOptions =
      this.#generation > 0 ? { steal: true } : { signal: AbortSignal.timeout(RELEASE_TIMEOUT_MS) }
    await new Promise<void>((resolve, reject) => {
      navigator.locks
        .request(NAME, options, async () => {
          this.#held = true
          resolve()
          await new Promise(() => undefined)
        })
        .catch(() => {
          if (this.#held) this.#onStolen()
          else
            reject(
              new IdentityInUseError(
                'another worker of this site already uses this identity: close or reload the site’s other tabs',
              ),
            )
        })
    })
  }
}
