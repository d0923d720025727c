/**
 * Milliseconds that a channel to Firefox stays open at least, unless Firefox has sent something on it.
 *
 * Firefox 153 misses the closing of a channel that it hasn't finished opening: it doesn't close its own half,
 * so the `close` event never comes here either. This happened to one channel in three, up to a few
 * milliseconds after opening and never after 20 ms. `@libp2p/webrtc` closes its first channel immediately and
 * waits for that event.
 */
const CLOSE_AFTER_OPEN_MS = 100

/** Delays the closing of a channel that has only just opened, for the sake of Firefox. */
export class CloseDelay {
  #openedAtMs: number | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Call when the channel has opened on this side. */
  opened(): void {
    this.#openedAtMs = performance.now()
  }

  /** Call when a message has arrived: the other peer has opened its half, so nothing needs to be delayed. */
  peerOpened(): void {
    this.#openedAtMs = undefined
  }

  /** Calls `close` now, or as soon as the channel has been open for long enough. */
  run(close: () => void): void {
    const ageMs = this.#openedAtMs === undefined ? Infinity : performance.now() - this.#openedAtMs
    if (ageMs >= CLOSE_AFTER_OPEN_MS) close()
    else this.#timer = setTimeout(close, CLOSE_AFTER_OPEN_MS - ageMs)
  }

  cancel(): void {
    clearTimeout(this.#timer)
  }
}
