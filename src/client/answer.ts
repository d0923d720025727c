import { ClientError } from './client-error.ts'

/** Options of an {@link Answer}. */
export interface AnswerInit {
  /** What is being waited for, as named in the message of a timeout. */
  what: string
  signal?: AbortSignal | undefined
  /** Milliseconds; without it, only the answer, the signal or the end of the socket ends the wait. */
  timeoutMs?: number | undefined
}

/**
 * An awaited answer of the relay.
 *
 * It settles once: by `resolve`, by `reject`, with the signal's reason, or with `ERR_TIMEOUT`. Each of these
 * releases the timer and the signal. Later calls have no effect.
 */
export class Answer<T> {
  readonly promise: Promise<T>
  #settle: ((end: () => void) => void) | undefined
  #resolve: (value: T) => void = () => undefined
  #reject: (error: unknown) => void = () => undefined

  constructor(init: AnswerInit) {
    const { signal, timeoutMs, what } = init
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    const onAbort = (): void => this.reject(signal?.reason)
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            this.reject(new ClientError('ERR_TIMEOUT', `waited ${timeoutMs} ms for ${what}`))
          }, timeoutMs)
    this.#settle = (end) => {
      this.#settle = undefined
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      end()
    }
    if (signal?.aborted === true) onAbort()
    else signal?.addEventListener('abort', onAbort)
  }

  /** Whether the answer has not settled yet. */
  get waiting(): boolean {
    return this.#settle !== undefined
  }

  resolve(value: T): void {
    this.#settle?.(() => this.#resolve(value))
  }

  reject(error: unknown): void {
    this.#settle?.(() => this.#reject(error))
  }
}
