import type { BrowserContext, Page } from 'puppeteer-core'
import type { Flow, HeardFlow } from '../support/flows.ts'
import { flowsOf, heardFlows, listenFlows, startFlow } from '../support/flows.ts'
import { connectLab } from '../support/lab-page.ts'
import { until } from '../support/until.ts'

/** How a lending tab goes away. */
export type Going = 'closed' | 'navigated' | 'crashed'

/** One browser's peer: a page that stays and lends nothing, and tabs that lend while they are there. */
export class ChurnPeer {
  readonly #context: BrowserContext
  readonly #origin: string
  readonly #protocol: string
  readonly #home: Page
  readonly #identity: { peer: string; addresses: string[] }
  readonly #lenders: Page[] = []

  private constructor(
    context: BrowserContext,
    origin: string,
    protocol: string,
    home: Page,
    identity: { peer: string; addresses: string[] },
  ) {
    this.#context = context
    this.#origin = origin
    this.#protocol = protocol
    this.#home = home
    this.#identity = identity
  }

  /** Makes a peer in a context of its own, which can be reached over a relay. */
  static async make(context: BrowserContext, origin: string, protocol: string): Promise<ChurnPeer> {
    const home = await context.newPage()
    await home.evaluateOnNewDocument(() => {
      Object.assign(globalThis, { RTCPeerConnection: undefined })
    })
    await home.goto(`${origin}/lab.html`)
    const identity = await until('an address over the relay', async () => {
      const now = await connectLab(home)
      return now.addresses.length > 0 ? now : undefined
    })
    await listenFlows(home, protocol)
    return new ChurnPeer(context, origin, protocol, home, identity)
  }

  get lenderCount(): number {
    return this.#lenders.length
  }

  /** Opens another tab, which lends. */
  async lend(): Promise<void> {
    const tab = await this.#context.newPage()
    this.#lenders.push(tab)
    await tab.goto(`${this.#origin}/lab.html`)
    // A tab lends from its first socket on.
    await connectLab(tab)
  }

  /** Removes the lending tab of this number. */
  async end(number: number, going: Going): Promise<void> {
    const [tab] = this.#lenders.splice(number, 1)
    if (tab === undefined) return
    if (going === 'navigated') await tab.goto(`${this.#origin}/native.html`)
    if (going === 'crashed') await tab.goto('chrome://crash').catch(() => 'it has crashed')
    await tab.close()
  }

  /** Starts sending to another peer. */
  async send(name: string, to: ChurnPeer, totalBytes: number, paceMs: number): Promise<void> {
    await startFlow(this.#home, name, { ...to.#identity, protocol: this.#protocol, totalBytes, paceMs })
  }

  async flows(): Promise<Record<string, Flow>> {
    return flowsOf(this.#home)
  }

  async heard(): Promise<Record<string, HeardFlow>> {
    return heardFlows(this.#home)
  }
}
