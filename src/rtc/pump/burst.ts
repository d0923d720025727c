/** Bytes of a burst that go on as they come. */
export const PROMPT_BYTES = 16_384
/** Milliseconds from the beginning of a burst until all of it has gone on. */
export const BURST_MS = 4
/** Bytes of a burst that are taken for a stream, if more comes at once: of what follows nothing is prompt. */
export const STREAM_BYTES = 2 * PROMPT_BYTES
/**
 * Milliseconds without anything after which what comes is no part of the stream: an answer to a question
 * takes longer on most ways.
 */
export const STREAM_GAP_MS = 1

/**
 * Says when what a channel has received goes on to its borrower: a port message costs several times what one
 * more message in it does.
 *
 * A few bytes now and then go on at once. Once {@link PROMPT_BYTES} have gone on in a burst, what follows
 * waits for its end, and of a stream all waits for the end of the burst that it is in: 80 KiB go on at a time
 * if it has 20 MB per second, and no longer each 16 KiB by themselves.
 */
export class Burst {
  #endMs = 0
  #bytes = 0
  #promptBytes = PROMPT_BYTES
  #goneAtMs = 0

  /** So many bytes have gone on. */
  add(bytes: number, nowMs: number): void {
    this.#bytes += bytes
    this.#goneAtMs = nowMs
  }

  /**
   * Whole milliseconds, as timers have them, that what comes now has to wait; 0: none. A burst that is over
   * begins anew.
   */
  waitMs(nowMs: number): number {
    if (nowMs >= this.#endMs) {
      const isStream = this.#bytes >= STREAM_BYTES && nowMs - this.#goneAtMs < STREAM_GAP_MS
      this.#promptBytes = isStream ? 0 : PROMPT_BYTES
      this.#endMs = nowMs + BURST_MS
      this.#bytes = 0
    }
    return this.#bytes < this.#promptBytes ? 0 : Math.ceil(this.#endMs - nowMs)
  }
}
