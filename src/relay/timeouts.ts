/** Settles as `promise` does, or rejects with the signal's reason; the work behind the promise goes on then. */
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
 * `AbortSignal.timeout()`, for signals that are made of it and others. Node 20 collects a timeout of which nobody but
 * `AbortSignal.any()` knows, and it then never comes; one that is listened to stays until it has come.
 */
export function timeoutSignal(timeoutMs: number): AbortSignal {
  // Node takes whole milliseconds only.
  const signal = AbortSignal.timeout(Math.ceil(timeoutMs))
  signal.addEventListener('abort', () => undefined, { once: true })
  return signal
}

/** Resolves after `ms` milliseconds; rejects with the signal's reason, if it is aborted before. */
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
 * Milliseconds to wait before the attempt after `failures` in a row: `firstMs` doubled each time up to `longestMs`, and drawn
 * from half of it to the whole, so that those who failed together do not come back together.
 */
export function backOffMs(failures: number, firstMs: number, longestMs: number): number {
  return Math.min(longestMs, firstMs * 2 ** (failures - 1)) * (0.5 + Math.random() / 2)
}
