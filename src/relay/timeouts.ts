/** Settles like `promise`, or rejects with the signal's reason. An abort doesn't stop the work behind it. */
export async function raceSignal<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
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
 * `AbortSignal.timeout()` for use in `AbortSignal.any()`. In Node 20, a timeout that only `AbortSignal.any()`
 * refers to is garbage-collected and never fires. A listener keeps it alive.
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
    await raceSignal(over, signal)
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Returns the milliseconds to wait after `failures` in a row: `firstMs`, doubled with each further failure up
 * to `longestMs`. Subtracts a random part of up to half, so that peers that failed at the same time don't
 * retry at the same time.
 */
export function backOffMs(failures: number, firstMs: number, longestMs: number): number {
  return Math.min(longestMs, firstMs * 2 ** (failures - 1)) * (0.5 + Math.random() / 2)
}
