/**
 * Watches for the death of a tab or worker that holds the Web Lock `lock` for its life. Browsers release a
 * lock within milliseconds of its holder's end. `died` is called at most once, and never after `signal` is
 * aborted.
 *
 * Resolves to false, without watching, if the lock is free now. The two contexts then have separate sets of
 * locks: Chromium gives a site new ones when its data is deleted, and open contexts keep the old. Only a ping
 * tells there whether the holder is alive.
 */
export async function watchLifeLock(lock: string, signal: AbortSignal, died: () => void): Promise<boolean> {
  // Shared, so that two contexts that check at the same time don't mistake each other for the holder.
  const mode = 'shared'
  const isFree = await navigator.locks.request(lock, { mode, ifAvailable: true }, (held) => held !== null)
  if (isFree || signal.aborted) return !isFree
  navigator.locks.request(lock, { mode, signal }, died).catch((error: unknown) => {
    if (!signal.aborted) died()
    console.debug('libp2p-websocket:', error)
  })
  return true
}
