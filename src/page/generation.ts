import { workerName } from '../worker/tab-messages.ts'

const KEY = 'libp2p-websocket:generation'

/**
 * Counts the hung workers of this origin that were given up. A hung worker blocks its name, so its successor
 * needs another one, and all tabs must agree on it. The number is stored in localStorage, or only in this tab
 * where that is forbidden.
 */
export class Generation {
  #own = 0

  get workerName(): string {
    return workerName(this.#current)
  }

  /**
   * Gives up the hung worker called `name`, unless another tab has already done so. The next one gets another
   * name.
   */
  giveUp(name: string): void {
    if (this.workerName !== name) return
    this.#own = this.#current + 1
    try {
      localStorage.setItem(KEY, String(this.#own))
    } catch (error) {
      // Storage is forbidden or full. The other tabs will notice the hang themselves.
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
