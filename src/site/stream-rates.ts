import type { ClientStatus, RelayStatus, StreamStatus, Traffic } from '../status/index.ts'

const NONE: Readonly<Traffic> = { inBytes: 0, outBytes: 0 }

/** Bytes per second of each stream, from one snapshot to the next. Streams that have ended are forgotten. */
export class StreamRates {
  #atMs = 0
  #before = new Map<string, Traffic>()
  #rates = new Map<string, Traffic>()

  /** Takes in the next snapshot; one that is not newer changes nothing. */
  add({ atMs, clients }: RelayStatus): void {
    const seconds = (atMs - this.#atMs) / 1000
    if (seconds <= 0) return
    const now = new Map<string, Traffic>()
    const rates = new Map<string, Traffic>()
    for (const client of clients) {
      for (const stream of client.streams) {
        const key = keyOf(client, stream)
        const before = this.#before.get(key)
        now.set(key, stream)
        if (before === undefined) continue
        rates.set(key, {
          inBytes: Math.max(0, stream.inBytes - before.inBytes) / seconds,
          outBytes: Math.max(0, stream.outBytes - before.outBytes) / seconds,
        })
      }
    }
    this.#atMs = atMs
    this.#before = now
    this.#rates = rates
  }

  /** Nought for a stream that is in the last snapshot only, or in none. */
  of(client: ClientStatus, stream: StreamStatus): Readonly<Traffic> {
    return this.#rates.get(keyOf(client, stream)) ?? NONE
  }
}

/** Several clients may have one name, and each counts its streams from nought. */
function keyOf({ name, connectedMs }: ClientStatus, { id, openedMs }: StreamStatus): string {
  return `${name} ${connectedMs} ${id} ${openedMs}`
}
