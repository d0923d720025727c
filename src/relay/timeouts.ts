/**
 * Settles as `promise` does, or rejects with the signal's reason when it is aborted. The work behind the
 * promise goes on.
 */
export async function patiently<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const waiting = new AbortController()
  try {
    return await new Promise<T>((resolve, reject) => {
      const giveUp = (): void => reject(signal.reason as Error)
      promise.then(resolve, reject)
      signal.addEventListener('abort', giveUp, { signal: waiting.signal })
      if (signal.aborted) giveUp()
    })
  } finally {
    waiting.abort()
  }
}

/**
 * `AbortSignal.timeout()` for use in `AbortSignal.any()`. Node 20 collects a timeout that only
 * `AbortSignal.any()` refers to, and it never fires. A listener keeps it alive until it has fired.
 */
export function timeoutSignal(timeoutMs: number): AbortSignal {
  // Node accepts only whole milliseconds.
  const signal = AbortSignal.timeout(Math.ceil(timeoutMs))
  signal.addEventListener('abort', () => undefined, { once: true })
  return signal
}

/** Resolves after `ms` milliseconds, or rejects with the signal's reason if it is aborted first. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  try {
    await patiently(over, signal)
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Returns the milliseconds to wait after `failures` in a row: `firstMs`, doubled with each further failure up
 * to `longestMs`. A random part of up to half is taken off, so that peers that failed together don't try
 * again together.
 */
export function backOffMs(failures: number, firstMs: number, longestMs: number): number {
  return Math.min(longestMs, firstMs * 2 ** (failures - 1)) * (0.5 + Math.random() / 2)
}
