import { JUMP_SIGNAL } from '../support/clock.ts'
import type { RelayProcess } from '../support/relay-process.ts'
import type { BrowserPeer } from './browser-peer.ts'

/** How many relays are left alone at any time: as many as a peer wants. */
const HEALTHY_RELAYS = 2
/** The longest time in seconds that a relay is down or its path is cut. */
const LONGEST_AWAY_S = 20
const LONGEST_CUT_S = 60
/** With room for so many, a relay is full for the other browsers. */
const FULL = ['-relayreservations', '1']

/** The targets of the faults. */
export interface FaultsInit {
  relays: RelayProcess[]
  browsers: BrowserPeer[]
  /** Seeded: returns a number of 32 bits. */
  random: () => number
  /** The flags with which each relay is started. */
  flagsOf: (relay: RelayProcess) => string[]
  say: (line: string) => void
  signal: AbortSignal
}

type FaultKind =
  | 'killed'
  | 'stopped'
  | 'full'
  | 'cut'
  | 'relay clock'
  | 'clock'
  | 'tab closed'
  | 'tab navigated'

const FAULTS: readonly FaultKind[] = [
  'killed',
  'stopped',
  'full',
  'cut',
  'relay clock',
  'clock',
  'tab closed',
  'tab navigated',
]

/**
 * Causes faults at random, each of which ends after a while; when {@link Faults.run} has ended, all of them
 * have.
 */
export class Faults {
  readonly #init: FaultsInit
  /** The relays that have a fault at the moment. */
  readonly #ill = new Set<RelayProcess>()
  readonly #recoveries = new Set<Promise<void>>()
  readonly counts = new Map<FaultKind, number>()

  constructor(init: FaultsInit) {
    this.#init = init
  }

  /** Runs until the signal is aborted. */
  async run(): Promise<void> {
    const { signal } = this.#init
    while (!signal.aborted) {
      await this.#pause(this.#between(1, 5))
      if (signal.aborted) break
      const kind = FAULTS[this.#init.random() % FAULTS.length] ?? 'cut'
      if (await this.#begin(kind)) this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
    }
    await Promise.all(this.#recoveries)
  }

  /** Starts this relay late, as if it had been down from the beginning. */
  startLate(relay: RelayProcess): void {
    this.#illness(relay, async () => {
      await this.#away('starts late', relay)
    })
  }

  async #begin(kind: FaultKind): Promise<boolean> {
    const { relays, browsers, say } = this.#init
    const healthy = relays.filter((relay) => !this.#ill.has(relay))
    const relay = healthy[this.#init.random() % Math.max(1, healthy.length)]
    const browser = browsers[this.#init.random() % browsers.length]
    if (browser === undefined) return false
    const tabs = browser.readyTabs
    const tab = tabs[this.#init.random() % Math.max(1, tabs.length)]
    const mayFall = relay !== undefined && healthy.length > HEALTHY_RELAYS
    switch (kind) {
      case 'killed':
      case 'stopped': {
        if (!mayFall) return false
        this.#illness(relay, async () => {
          await relay.stop(kind === 'killed' ? 'SIGKILL' : 'SIGTERM')
          await this.#away(kind, relay)
        })
        return true
      }
      case 'full': {
        if (!mayFall) return false
        this.#illness(relay, async () => {
          await relay.stop('SIGTERM')
          await this.#start(relay, FULL)
          const seconds = this.#between(5, LONGEST_AWAY_S)
          say(`relay ${this.#nameOf(relay)} has room for one, for ${seconds} s`)
          await this.#pause(seconds)
          await relay.stop('SIGTERM')
          await this.#start(relay)
        })
        return true
      }
      case 'cut': {
        if (!mayFall) return false
        this.#illness(relay, async () => {
          const seconds = this.#between(5, LONGEST_CUT_S)
          say(`the way to relay ${this.#nameOf(relay)} is cut for ${seconds} s`)
          relay.proxy.cut()
          await this.#pause(seconds)
          relay.proxy.restore()
          say(`the way to relay ${this.#nameOf(relay)} is open`)
        })
        return true
      }
      case 'relay clock':
        if (relay?.isUp !== true) return false
        say(`the clock of relay ${this.#nameOf(relay)} jumps by an hour`)
        relay.process?.kill(JUMP_SIGNAL)
        return true
      case 'clock':
        say(`the clock of ${browser.name} jumps by ${await browser.jumpClock()} ms`)
        return true
      case 'tab closed':
        if (tab === undefined || tabs.length < 2) return false
        say(`a tab of ${browser.name} is closed, another opened`)
        await browser.closeTab(tab)
        await browser.openTab()
        return true
      case 'tab navigated':
        if (tab === undefined || tabs.length < 2) return false
        say(`a tab of ${browser.name} is navigated`)
        await browser.navigate(tab)
        return true
      default:
        return kind satisfies never
    }
  }

  async #away(why: string, relay: RelayProcess): Promise<void> {
    const seconds = this.#between(1, LONGEST_AWAY_S)
    this.#init.say(`relay ${this.#nameOf(relay)} (${why}) is away for ${seconds} s`)
    await this.#pause(seconds)
    await this.#start(relay)
  }

  async #start(relay: RelayProcess, flags: readonly string[] = []): Promise<void> {
    await relay.start([...this.#init.flagsOf(relay), ...flags])
    this.#init.say(`relay ${this.#nameOf(relay)} is up`)
  }

  #illness(relay: RelayProcess, course: () => Promise<void>): void {
    this.#ill.add(relay)
    const recovery = course().finally(() => {
      this.#ill.delete(relay)
      this.#recoveries.delete(recovery)
    })
    this.#recoveries.add(recovery)
  }

  #nameOf(relay: RelayProcess): string {
    return String(this.#init.relays.indexOf(relay) + 1)
  }

  #between(least: number, most: number): number {
    return least + (this.#init.random() % (most - least + 1))
  }

  /** Waits so many seconds, or until the soak is over. */
  async #pause(seconds: number): Promise<void> {
    const { signal } = this.#init
    await new Promise<void>((resolve) => {
      if (signal.aborted) {
        resolve()
        return
      }
      const timer = setTimeout(done, seconds * 1000)
      function done(): void {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      signal.addEventListener('abort', done)
    })
  }
}
