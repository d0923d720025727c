import type { Connection, LinkState } from '../../src/client/index.ts'
import { Progress } from './progress.ts'

/** Transfers at once, in total and per peer. */
export const MAX_TRANSFERS = 50
export const MAX_TRANSFERS_PER_PEER = 10
/** Completed transfers to show. */
export const MAX_SHOWN = 10

/** What carries a transfer. */
type Carrier = Pick<Connection, 'peer' | 'link'>

interface Row {
  over: Carrier
  progress: Progress
  isRunning: boolean
}

/** The running transfers, and the latest completed ones. */
export class Transfers {
  #all: Row[] = []

  get rows(): { progress: Progress; link: LinkState | undefined }[] {
    return this.#all.map(({ progress, over, isRunning }) => ({
      progress,
      link: isRunning ? over.link : undefined,
    }))
  }

  /** Runs a transfer. Rejects if it fails, or if too many are running. */
  async run(over: Carrier, bytes: number, transfer: (progress: Progress) => Promise<void>): Promise<void> {
    const running = this.#all.filter(({ isRunning }) => isRunning)
    const ofPeer = running.filter((row) => row.over.peer === over.peer)
    if (running.length >= MAX_TRANSFERS || ofPeer.length >= MAX_TRANSFERS_PER_PEER) {
      throw new Error('too many transfers at once; try again later')
    }
    const row = { over, progress: new Progress(bytes), isRunning: true }
    this.#all.push(row)
    try {
      await transfer(row.progress)
    } finally {
      row.isRunning = false
      const over = this.#all.filter((other) => !other.isRunning && other.progress.isOver)
      const shown = new Set(over.slice(-MAX_SHOWN))
      this.#all = this.#all.filter((other) => other.isRunning || shown.has(other))
    }
  }
}
