import { Progress } from './progress.ts'

/** Transfers that run at once, and those of one peer among them. */
export const MAX_TRANSFERS = 50
export const MAX_TRANSFERS_OF_PEER = 10
/** Transfers that are over and still shown. */
export const MAX_SHOWN = 10

interface Row {
  peer: string
  progress: Progress
  isRunning: boolean
}

/** Those who fetch something: all that are at it, and the last ones that have got it all. */
export class Transfers {
  #all: Row[] = []

  get rows(): Progress[] {
    return this.#all.map(({ progress }) => progress)
  }

  /** Runs one transfer of so many bytes. Rejects if it does, or if there is no place for it. */
  async run(peer: string, bytes: number, transfer: (progress: Progress) => Promise<void>): Promise<void> {
    const running = this.#all.filter(({ isRunning }) => isRunning)
    const ofPeer = running.filter((row) => row.peer === peer)
    if (running.length >= MAX_TRANSFERS || ofPeer.length >= MAX_TRANSFERS_OF_PEER) {
      throw new Error('there is no place for another transfer')
    }
    const row = { peer, progress: new Progress(bytes), isRunning: true }
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
