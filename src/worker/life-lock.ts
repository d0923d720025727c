/**
 * Watches for the death of a tab or worker, which holds the Web Lock `lock` for its life: a browser frees it within
 * milliseconds of its holder's end. `died` is called at most once, and not after `signal` has fired.
 *
 * Resolves to false, and watches nothing, if the lock is free now. Whoever says that it holds it is then alive, but has other
 * locks than this context: Chromium gives a site new ones when its data are deleted, and contexts from before keep the old.
 * Only an answer proves life there.
 */
export async function watchLifeLock(lock: string, signal: AbortSignal, died: () => void): Promise<boolean> {
  // Shared, so that of two contexts which look at once neither takes the other for the holder.
  const mode = 'shared'
  const isFree = await navigator.locks.request(lock, { mode, ifAvailable: true }, (held) => held !== null)
  if (isFree || signal.aborted) return !isFree
  navigator.locks.request(lock, { mode, signal }, died).catch((error: unknown) => {
    if (!signal.aborted) died()
    console.debug('libp2p-websocket:', error)
  })
  return true
}
