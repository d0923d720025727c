/** Bytes of a burst that go on as they come. */
export const PROMPT_BYTES = 16_384
/** Milliseconds from the beginning of a burst until all of it has gone on. */
export const BURST_MS = 4

/**
 * Says when what a channel has received goes on to its borrower: a port message costs several times what one more message in it does.
 *
 * A few bytes now and then go on at once. Once {@link PROMPT_BYTES} have gone on in a burst, what follows waits for its end: of a
 * stream of 20 MB per second 16 and 64 KiB go on by turns, and no longer each 16 KiB by themselves.
 */
export class Burst {
  #endMs = 0
  #bytes = 0

  /** So many bytes have gone on. */
  add(bytes: number): void {
    this.#bytes += bytes
  }

  /** Milliseconds that what comes now has to wait; 0: none. A burst that is over begins anew. */
  waitMs(nowMs: number): number {
    if (nowMs >= this.#endMs) {
      this.#endMs = nowMs + BURST_MS
      this.#bytes = 0
    }
    return this.#bytes < PROMPT_BYTES ? 0 : this.#endMs - nowMs
  }
}
