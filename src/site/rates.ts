/** Seconds that the throughput is remembered for. */
export const HISTORY_SECONDS = 120

/** Bytes per second, as columns: times in seconds since 1970, received, sent. The oldest is first. */
export type RateColumns = [times: number[], received: number[], sent: number[]]

/** Throughput over time, from counts of bytes that only rise. */
export class Rates {
  readonly columns: RateColumns = [[], [], []]
  #last: { timeMs: number; received: number; sent: number } | undefined

  /** Adds what was counted at a time. Counts that fell are those of another peer: it begins anew. */
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

  /** Bytes per second at present. */
  get current(): { received: number; sent: number } {
    const [, received, sent] = this.columns
    return { received: received.at(-1) ?? 0, sent: sent.at(-1) ?? 0 }
  }
}
