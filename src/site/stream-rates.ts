import type { ClientStatus, RelayStatus, StreamStatus, Traffic } from '../status/index.ts'

const NONE: Readonly<Traffic> = { inBytes: 0, outBytes: 0 }

/** The bytes per second of each stream between the last two snapshots. */
export class StreamRates {
  #atMs = 0
  #previous = new Map<string, Traffic>()
  #rates = new Map<string, Traffic>()

  /** Adds the next snapshot. Ignores one that is not newer. */
  add({ atMs, clients }: RelayStatus): void {
    const seconds = (atMs - this.#atMs) / 1000
    if (seconds <= 0) return
    const current = new Map<string, Traffic>()
    const rates = new Map<string, Traffic>()
    for (const client of clients) {
      for (const stream of client.streams) {
        const key = keyOf(client, stream)
        const previous = this.#previous.get(key)
        current.set(key, stream)
        if (previous === undefined) continue
        rates.set(key, {
          inBytes: Math.max(0, stream.inBytes - previous.inBytes) / seconds,
          outBytes: Math.max(0, stream.outBytes - previous.outBytes) / seconds,
        })
      }
    }
    this.#atMs = atMs
    this.#previous = current
    this.#rates = rates
  }

  /** Returns a stream's rate, or zero if it isn't in both of the last two snapshots. */
  of(client: ClientStatus, stream: StreamStatus): Readonly<Traffic> {
    return this.#rates.get(keyOf(client, stream)) ?? NONE
  }
}

/** Clients can share a name, and each numbers its streams from zero, so the key needs the times as well. */
function keyOf({ name, connectedMs }: ClientStatus, { id, openedMs }: StreamStatus): string {
  return `${name} ${connectedMs} ${id} ${openedMs}`
}
