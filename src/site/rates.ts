/** Seconds of throughput history to keep. */
export const HISTORY_SECONDS = 120

/** Bytes per second in columns, oldest first. Times are in seconds since 1970. */
export type RateColumns = [times: number[], received: number[], sent: number[]]

/** The throughput over time, calculated from total byte counts. */
export class Rates {
  readonly columns: RateColumns = [[], [], []]
  #last: { timeMs: number; received: number; sent: number } | undefined

  /**
   * Adds the total byte counts at the given time. If a total has decreased, it belongs to a different peer,
   * and measuring starts again.
   */
  add(timeMs: number, received: number, sent: number): void {
    const last = this.#last
    this.#last = { timeMs, received, sent }
    if (last === undefined || timeMs <= last.timeMs) return
    if (received < last.received || sent < last.sent) return
    const seconds = (timeMs - last.timeMs) / 1000
    const [times, receivedRates, sentRates] = this.columns
    times.push(timeMs / 1000)
    receivedRates.push((received - last.received) / seconds)
    sentRates.push((sent - last.sent) / seconds)
    while ((times[0] ?? Infinity) < timeMs / 1000 - HISTORY_SECONDS) {
      for (const column of this.columns) column.shift()
    }
  }

  /** The latest throughput, in bytes per second. */
  get current(): { received: number; sent: number } {
    const [, received, sent] = this.columns
    return { received: received.at(-1) ?? 0, sent: sent.at(-1) ?? 0 }
  }
}
