import type { BrowserContext, Page } from 'puppeteer-core'
import type { RelayStatus, StreamStatus } from '../../src/status/index.ts'
import { until } from '../support/until.ts'
import type * as entry from './page-entry.ts'

declare global {
  /** The churn's module in a page. */
  var churn: typeof entry
}

/** How what carries a connection goes away: its tab, or only the WebRTC connection in it. */
export type Going = 'closed' | 'crashed' | 'navigated' | 'aborted'

/** A page that lends. */
interface Lender {
  title: string
  page: Page
}

/** A peer: a page that stays and lends nothing and, in a browser, tabs that lend while they are there. */
export class ChurnPeer {
  readonly home: Page
  /** How its tabs can go. None if the peer isn't in a browser. */
  readonly goings: readonly Going[]
  readonly id: string
  readonly #context: BrowserContext
  readonly #lenders: Lender[] = []
  #lenderNumber = 0

  private constructor(init: { context: BrowserContext; home: Page; goings: readonly Going[]; id: string }) {
    this.#context = init.context
    this.home = init.home
    this.goings = init.goings
    this.id = init.id
  }

  /** Makes a peer in a context of its own; `url` is the page that stays. */
  static async make(
    context: BrowserContext,
    url: string,
    protocol: string,
    goings: readonly Going[],
  ): Promise<ChurnPeer> {
    const home = await context.newPage()
    await home.goto(url)
    const id = await home.evaluate((name) => churn.begin(name), protocol)
    return new ChurnPeer({ context, home, goings, id })
  }

  /** The number of tabs that lend. */
  get lenderCount(): number {
    return this.#lenders.length
  }

  /** The peer's addresses, once as many as wanted contain this text. */
  async addresses(text: string, wanted: number): Promise<string[]> {
    return await until(`${wanted} addresses with ${text}`, async () => {
      const addresses = await this.home.evaluate(() => churn.addresses())
      return addresses.filter((one) => one.includes(text)).length >= wanted ? addresses : undefined
    })
  }

  async status(): Promise<RelayStatus> {
    return await this.home.evaluate(() => churn.status())
  }

  /** The connections of its pages for a protocol. */
  async streams(protocol: string): Promise<StreamStatus[]> {
    const { clients } = await this.status()
    return clients.flatMap(({ streams }) => streams.filter((one) => one.protocol === protocol))
  }

  /** Opens tabs, until so many lend. */
  async lend(count: number): Promise<void> {
    while (this.#lenders.length < count) {
      this.#lenderNumber += 1
      const title = `lender ${this.#lenderNumber}`
      const page = await this.#context.newPage()
      this.#lenders.push({ title, page })
      await page.goto(new URL('/lab.html', this.home.url()).href)
      await page.evaluate((name) => churn.lend(name), title)
      await until('the tab to lend', async () => {
        const { tabs = [] } = await this.status()
        return tabs.some((tab) => tab.title === title && tab.webrtc === 'lends')
      })
    }
  }

  /** Closes the lending tab that carries the least. */
  async closeIdle(): Promise<void> {
    await this.#remove((await this.#byLoad()).at(-1), 'closed')
  }

  /** Removes the lending tab that carries the most WebRTC connections, or aborts these. */
  async endCarrier(going: Going): Promise<void> {
    const [carrier] = await this.#byLoad()
    if (going === 'aborted') await carrier?.page.evaluate(() => churn.abortLinks())
    else await this.#remove(carrier, going)
  }

  /** The lending tabs, those with the most WebRTC connections first. */
  async #byLoad(): Promise<Lender[]> {
    const { tabs = [] } = await this.status()
    const loadOf = ({ title }: Lender): number => tabs.find((tab) => tab.title === title)?.carries ?? 0
    return this.#lenders.toSorted((one, other) => loadOf(other) - loadOf(one))
  }

  async #remove(lender: Lender | undefined, going: Exclude<Going, 'aborted'>): Promise<void> {
    if (lender === undefined) return
    this.#lenders.splice(this.#lenders.indexOf(lender), 1)
    const { page } = lender
    if (going === 'navigated') await page.goto(new URL('/bare.html', page.url()).href)
    if (going === 'crashed') await page.goto('chrome://crash').catch(() => 'it has crashed')
    await page.close()
  }
}
