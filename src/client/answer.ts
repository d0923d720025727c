import { ClientError } from './client-error.ts'

/** How long an answer is waited for, and what may end the wait sooner. */
export interface AnswerInit {
  /** What is waited for, as the message of a time-out names it. */
  what: string
  signal?: AbortSignal | undefined
  /** Without it the wait ends only with the answer, the signal or the socket. */
  timeoutMs?: number | undefined
}

/**
 * One answer of the relay that somebody waits for.
 *
 * It settles once: by `resolve`, by `reject`, with the signal's reason, or with `ERR_TIMEOUT`; timer and signal are let go
 * on each of these paths. What comes later is told by `waiting` and has no effect here.
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

  /** Whether it has not settled. */
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
