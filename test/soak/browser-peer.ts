import type { BrowserContext, Page } from 'puppeteer-core'
import type { Chromium } from '../support/chromium.ts'
import { HOUR_MS, jumpClock } from '../support/clock.ts'
import type * as entry from './page-entry.ts'

declare global {
  /** The soak's module in a tab. */
  var soak: typeof entry
}

/** A tab of a browser in the soak. */
export interface Tab {
  page: Page
  /** The protocol it listens on. */
  protocol: string
  /** Whether it has started, and is not going away. */
  isReady: boolean
  /** Transfers that it has started sending: their streams end when it goes away. */
  sends: Set<number>
}

/**
 * A separate browser, as far as the site can tell: a context with its own storage, SharedWorker and peer, and
 * two tabs.
 */
export class BrowserPeer {
  readonly name: string
  readonly #context: BrowserContext
  readonly #chromium: Chromium
  readonly #origin: string
  readonly #tell: (told: entry.Told) => void
  readonly tabs: Tab[] = []
  /** Transfers whose tab has gone: they end as the tab's WebSocket did. */
  readonly orphans = new Set<number>()
  peer = ''
  /** The console output of all tabs. */
  readonly lines: string[] = []
  #tabNumber = 0
  #isAhead = false
  #closed: Promise<void> | undefined

  private constructor(init: {
    name: string
    chromium: Chromium
    context: BrowserContext
    origin: string
    tell: (told: entry.Told) => void
  }) {
    this.name = init.name
    this.#chromium = init.chromium
    this.#context = init.context
    this.#origin = init.origin
    this.#tell = init.tell
  }

  static async start(
    name: string,
    chromium: Chromium,
    origin: string,
    tell: (told: entry.Told) => void,
  ): Promise<BrowserPeer> {
    const context = await chromium.browser.createBrowserContext()
    const browser = new BrowserPeer({ name, chromium, context, origin, tell })
    for (let count = 0; count < 2; count += 1) await browser.openTab()
    return browser
  }

  get readyTabs(): Tab[] {
    return this.tabs.filter(({ isReady }) => isReady)
  }

  async openTab(): Promise<void> {
    const page = await this.#context.newPage()
    this.#tabNumber += 1
    const tab: Tab = { page, protocol: `/soak/${this.#tabNumber}`, isReady: false, sends: new Set() }
    this.tabs.push(tab)
    page.on('console', (message) => this.lines.push(message.text()))
    await page.exposeFunction('tell', this.#tell)
    await this.#begin(tab)
  }

  async closeTab(tab: Tab): Promise<void> {
    this.#leave(tab)
    this.tabs.splice(this.tabs.indexOf(tab), 1)
    await tab.page.close()
  }

  /** Navigates the tab to the page again, as if the user had typed its address. */
  async navigate(tab: Tab): Promise<void> {
    this.#leave(tab)
    await this.#begin(tab)
  }

  /** Makes the clock of the peer's worker jump an hour ahead, and the next time back. */
  async jumpClock(): Promise<number> {
    const byMs = this.#isAhead ? -HOUR_MS : HOUR_MS
    this.#isAhead = !this.#isAhead
    await this.jumpClockBy(byMs)
    return byMs
  }

  /** Makes the clock of the peer's worker jump. */
  async jumpClockBy(byMs: number): Promise<void> {
    await this.inWorker(jumpClock(byMs))
  }

  /** The status of the peer, as a page gets it. */
  async identity(): Promise<Awaited<ReturnType<typeof entry.identity>>> {
    return await this.#tab.page.evaluate(() => soak.identity())
  }

  /** Makes a peer answer a ping from a page. */
  async ping(peer: string, addrs: string[]): Promise<void> {
    await this.#tab.page.evaluate((target) => soak.ping(target), { peer, addrs })
  }

  get #tab(): Tab {
    const [tab] = this.readyTabs
    if (tab === undefined) throw new Error(`${this.name} has no tab`)
    return tab
  }

  /** Runs an expression in the peer's worker. */
  async inWorker(expression: string): Promise<unknown> {
    const target = this.#chromium.browser
      .targets()
      .find((one) => (one.type() as string) === 'shared_worker' && one.browserContext() === this.#context)
    if (target === undefined) throw new Error(`${this.name} has no worker`)
    const session = await target.createCDPSession()
    try {
      const { result } = await session.send('Runtime.evaluate', { expression, awaitPromise: true })
      return result.value
    } finally {
      await session.detach()
    }
  }

  /** A second call does nothing. */
  async close(): Promise<void> {
    this.#closed ??= this.#context.close()
    await this.#closed
  }

  #leave(tab: Tab): void {
    tab.isReady = false
    for (const id of tab.sends) this.orphans.add(id)
    tab.sends.clear()
  }

  async #begin(tab: Tab): Promise<void> {
    await tab.page.goto(`${this.#origin}/lab.html`)
    this.peer = await tab.page.evaluate((protocol) => soak.begin(protocol), tab.protocol)
    tab.isReady = true
  }
}
