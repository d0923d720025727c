import { createHash } from 'node:crypto'
import { contentOf } from './content.ts'
import type { Told, Transfer } from './page-entry.ts'

/** What is known of one transfer. */
interface Entry extends Transfer {
  from: string
  to: string
  isAcknowledged: boolean
}

/** The reason of a stream that its other side has ended in order. */
const EOF = 'EOF'

/** Every transfer of the soak, what its tabs have reported, and what does not match. */
export class Ledger {
  readonly #entries = new Map<number, Entry>()
  /** Bytes that arrived and were compared. */
  comparedBytes = 0
  comparedHashes = 0
  /** Each of these is a defect. */
  readonly mismatches: string[] = []
  /** How often a transfer failed, by place and reason. */
  readonly failures = new Map<string, number>()

  begin(entry: Omit<Entry, 'isAcknowledged'>): void {
    this.#entries.set(entry.id, { ...entry, isAcknowledged: false })
  }

  get acknowledged(): number {
    return [...this.#entries.values()].filter(({ isAcknowledged }) => isAcknowledged).length
  }

  get size(): number {
    return this.#entries.size
  }

  isAcknowledged(id: number): boolean {
    return this.#entries.get(id)?.isAcknowledged === true
  }

  /** Compares what a tab reports with what was to be sent. `isOrphan` says that the sender's tab has gone. */
  note(told: Told, isOrphan: (id: number) => boolean): void {
    const entry = this.#entries.get(told.id)
    if (entry === undefined) {
      this.mismatches.push(`nobody has begun transfer ${told.id}`)
      return
    }
    const { bytes: all, from, to } = entry
    const name = `transfer ${told.id} of ${all} bytes from ${from} to ${to}`
    switch (told.kind) {
      case 'received':
        this.#compare(name, entry, told)
        if (told.reason === EOF && told.bytes < all && !isOrphan(told.id))
          this.mismatches.push(`${name} ended with EOF after ${told.bytes} bytes`)
        return
      case 'acknowledged':
        this.#compare(name, entry, told)
        if (told.bytes !== all) this.mismatches.push(`${name} was acknowledged with ${told.bytes} bytes`)
        entry.isAcknowledged = true
        return
      case 'failed': {
        const what =
          `${told.at}: ${told.reason.replaceAll(/12D3\w+/g, '…').replaceAll(/\d{4,}/g, 'N')}`.slice(0, 300)
        this.failures.set(what, (this.failures.get(what) ?? 0) + 1)
        return
      }
      default:
        told satisfies never
    }
  }

  #compare(name: string, { seed, bytes: all }: Transfer, told: { bytes: number; hash: string }): void {
    this.comparedHashes += 1
    this.comparedBytes += told.bytes
    if (told.bytes > all) this.mismatches.push(`${name}: ${told.bytes} bytes came`)
    else if (hashOf(seed, all, told.bytes) !== told.hash)
      this.mismatches.push(`${name}: the hash of ${told.bytes} bytes is another`)
  }
}

/** SHA-256 of the first `count` bytes of a transfer. */
function hashOf(seed: number, all: number, count: number): string {
  const hash = createHash('sha256')
  let left = count
  for (const message of contentOf(seed, all)) {
    if (left <= 0) break
    hash.update(message.subarray(0, left))
    left -= message.byteLength
  }
  return hash.digest('hex')
}
