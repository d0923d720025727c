import type { BrowserPeer } from './browser-peer.ts'
import { randomNumbers } from './content.ts'
import type { Ledger } from './ledger.ts'

/** The size of a transfer in bytes: a minimum, and a random part up to this. */
const LEAST_BYTES = 65_536
const MORE_BYTES = 2_097_152

/** The endpoints of the transfers. */
export interface TrafficInit {
  browsers: BrowserPeer[]
  ledger: Ledger
  seed: number
  signal: AbortSignal
  /** Milliseconds between two messages of a transfer. */
  pauseMs: number
}

/** Makes transfers from every browser to others, one after the other, by bare ID or by address. */
export class Traffic {
  readonly #init: TrafficInit
  readonly #random: () => number
  #id = 0

  constructor(init: TrafficInit) {
    this.#init = init
    this.#random = randomNumbers(init.seed + 1)
  }

  /** Runs until the signal is aborted and current transfers have ended. */
  async run(): Promise<void> {
    const { browsers, signal } = this.#init
    await Promise.all(
      browsers.map(async (from) => {
        while (!signal.aborted) {
          const others = browsers.filter((other) => other !== from)
          const to = others[this.#random() % others.length]
          if (to === undefined) return
          await this.send(from, to, LEAST_BYTES + (this.#random() % MORE_BYTES))
          // A tab that is just going away fails immediately.
          await new Promise((resolve) => setTimeout(resolve, 200))
        }
      }),
    )
  }

  /** Makes one transfer; returns true if it was acknowledged. */
  async send(from: BrowserPeer, to: BrowserPeer, bytes: number): Promise<boolean> {
    const { ledger, pauseMs } = this.#init
    const tab = from.readyTabs[this.#random() % 2] ?? from.readyTabs[0]
    const far = to.readyTabs[this.#random() % 2] ?? to.readyTabs[0]
    if (tab === undefined || far === undefined) return false
    const id = (this.#id += 1)
    const transfer = { id, seed: this.#random(), bytes }
    ledger.begin({ ...transfer, from: from.name, to: to.name })
    tab.sends.add(id)
    const addrs = this.#random() % 2 === 0 ? [] : await this.#addressesOf(to)
    const sent = tab.page.evaluate(
      (target, protocol, transfer, pauseMs) => soak.send(target, protocol, transfer, pauseMs),
      { peer: to.peer, addrs },
      far.protocol,
      transfer,
      pauseMs,
    )
    // The tab has gone, so what it was sending is an orphan.
    await sent.catch(() => undefined)
    tab.sends.delete(id)
    return ledger.isAcknowledged(id)
  }

  async #addressesOf(to: BrowserPeer): Promise<string[]> {
    const [tab] = to.readyTabs
    const known = await tab?.page.evaluate(() => soak.identity()).catch(() => undefined)
    return known?.addresses ?? []
  }
}
