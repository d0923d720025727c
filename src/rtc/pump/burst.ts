/** Bytes of a burst that are forwarded as they arrive. */
export const PROMPT_BYTES = 16_384
/** Milliseconds from the start of a burst until all of it has been forwarded. */
export const BURST_MS = 4
/**
 * Bytes from which on a burst counts as part of a stream if more follows immediately. The rest of a stream is
 * forwarded in batches only.
 */
export const STREAM_BYTES = 2 * PROMPT_BYTES
/**
 * Milliseconds of silence that end a stream. On most networks an answer to a request takes longer.
 */
export const STREAM_GAP_MS = 1

/**
 * Decides when received messages are forwarded to the borrower. Batching pays, because a port message costs
 * several times as much as one more message in it.
 *
 * A few bytes now and then are forwarded immediately. After {@link PROMPT_BYTES} of a burst, the rest waits
 * for the end of the burst. In a stream, everything waits for the end of its burst: at 20 MB/s that is 80 KiB
 * at a time instead of 16 KiB.
 */
export class Burst {
  #endMs = 0
  #bytes = 0
  #promptBytes = PROMPT_BYTES
  #goneAtMs = 0

  /** Call when this many bytes have been forwarded. */
  add(bytes: number, nowMs: number): void {
    this.#bytes += bytes
    this.#goneAtMs = nowMs
  }

  /**
   * Returns the milliseconds that a message which arrives now must wait, rounded up for timers; 0 for none.
   * Starts a new burst if the last one is over.
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
