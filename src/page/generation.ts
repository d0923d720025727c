import { workerName } from '../worker/tab-messages.ts'

const KEY = 'libp2p-websocket:generation'

/**
 * How often a hung worker of this origin was given up. A worker that hangs blocks its name, so its successor has the next
 * one, and all tabs must agree on it: the number is kept in localStorage, or in this tab alone where that is forbidden.
 */
export class Generation {
  #own = 0

  get workerName(): string {
    return workerName(this.#current)
  }

  /** The worker that was called `name` hangs: the next one is called otherwise, unless another tab has said so before. */
  giveUp(name: string): void {
    if (this.workerName !== name) return
    this.#own = this.#current + 1
    try {
      localStorage.setItem(KEY, String(this.#own))
    } catch (error) {
      // Storage is forbidden or full: the other tabs find out by themselves.
      console.debug('libp2p-websocket:', error)
    }
  }

  get #current(): number {
    let stored = 0
    try {
      stored = Number(localStorage.getItem(KEY) ?? 0)
    } catch {
      return this.#own
    }
    return Number.isSafeInteger(stored) && stored > this.#own ? stored : this.#own
  }
}
