import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Page } from 'puppeteer-core'
import type * as client from '../../../src/client/index.ts'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import { connectLab, listenLab, makeLab, reportOf } from '../../support/lab-page.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { LOCAL_MODE, startNodeBuild } from '../../support/node-build.ts'
import { until } from '../../support/until.ts'

const PROTOCOL = '/x/lasting'
/** How often each peer is made to look for circuit relays while the streams are open. */
const ROUNDS = 3
/** The size of the message that goes back and forth on a busy stream. */
const BUSY_BYTES = 65_536

const KINDS = ['page', 'Node', 'Node with -relay'] as const
type Kind = (typeof KINDS)[number]

interface Peer {
  page: Page
  peer: string
  addresses: string[]
}

const builds: NodeBuild[] = []
const browsers: Chromium[] = []
/** Of each kind, one peer that dials and one that listens. */
const dialers = new Map<Kind, Peer>()
const listeners = new Map<Kind, Peer>()
let files: Awaited<ReturnType<typeof makeLab>>

beforeAll(async () => {
  files = await makeLab()
  const serve = ['-files', files.directory]
  const site = await startNodeBuild([...LOCAL_MODE, ...serve])
  builds.push(site)
  for (const peers of [dialers, listeners]) {
    const browser = await startChromium()
    browsers.push(browser)
    const plain = await startNodeBuild([...LOCAL_MODE.filter((flag) => flag !== '-relay'), ...serve])
    const relay = await startNodeBuild([...LOCAL_MODE, ...serve])
    builds.push(plain, relay)
    const urls = [`${site.origin}/lab.html`, `${plain.origin}/native.html`, `${relay.origin}/native.html`]
    for (const [index, kind] of KINDS.entries()) {
      const { page } = await browser.open(urls[index] ?? '')
      peers.set(kind, { page, ...(await connectLab(page)) })
    }
  }
  for (const { page } of listeners.values()) await listenLab(page, PROTOCOL, 'echo')
})

afterAll(async () => {
  await Promise.all(browsers.map(async (browser) => browser.close()))
  await Promise.all(builds.map(async (build) => build.stop()))
  await files?.remove()
})

/** What a dialing page knows of its two streams to one listener. */
interface Held {
  /** Messages that came back on the busy stream. */
  echoes: number
  /** The end of either stream, which is an error. */
  end?: string
}

/** Opens an idle stream, which has carried one message, and a busy one. */
async function hold({ page }: Peer, name: string, { peer, addresses }: Peer): Promise<void> {
  await page.evaluate(
    async (name, peer, addrs, protocol, busyBytes) => {
      const held: Held = { echoes: 0 }
      lab[name] = held
      const open = async (kind: string): Promise<client.Connection> => {
        const connection = await (lab['client'] as client.Client).dial({ peer, addrs }, protocol)
        void connection.closed.then(({ reason }) => (held.end ??= `the ${kind} stream: ${reason}`))
        return connection
      }
      const [idle, busy] = [await open('idle'), await open('busy')]
      const replies = idle[Symbol.asyncIterator]()
      const ask = async (): Promise<void> => {
        idle.send(new TextEncoder().encode('still there?'))
        await replies.next()
      }
      lab[`ask ${name}`] = ask
      await ask()
      void (async () => {
        busy.send(new Uint8Array(busyBytes))
        for await (const message of busy) {
          held.echoes += 1
          busy.send(message)
        }
        // `closed` reports its end.
      })().catch(() => undefined)
    },
    name,
    peer,
    addresses,
    PROTOCOL,
    BUSY_BYTES,
  )
}

const heldBy = async ({ page }: Peer, name: string): Promise<Held> =>
  page.evaluate((name) => lab[name] as Held, name)

test('streams between pages and Node peers last, idle or busy, whichever peer serves circuits', async () => {
  const pairs = KINDS.flatMap((from) => KINDS.map((to) => [from, to] as const))
  const of = (peers: Map<Kind, Peer>, kind: Kind): Peer => {
    const peer = peers.get(kind)
    if (peer === undefined) throw new Error(`there is no ${kind}`)
    return peer
  }
  for (const [from, to] of pairs) await hold(of(dialers, from), to, of(listeners, to))

  for (let round = 1; round <= ROUNDS; round += 1) {
    const before = await Promise.all(pairs.map(async ([from, to]) => heldBy(of(dialers, from), to)))
    for (const { page } of [...dialers.values(), ...listeners.values()]) {
      // As when the network returns: every known circuit relay is tried.
      await page.evaluate(() => dispatchEvent(new Event('online')))
      await until('the attempts at circuit relays to end', async () => {
        const { status } = await reportOf(page)
        return status.peer?.relays.every(({ state }) => state.kind !== 'trying')
      })
    }
    for (const [index, [from, to]] of pairs.entries()) {
      const pair = `round ${round}, ${from} to ${to}`
      const dialer = of(dialers, from)
      const count = before[index]?.echoes ?? 0
      const held = await until(`the busy stream to continue: ${pair}`, async () => {
        const now = await heldBy(dialer, to)
        return now.end !== undefined || now.echoes > count ? now : undefined
      })
      expect(held.end, pair).toBeUndefined()
      await dialer.page.evaluate(async (name) => (lab[`ask ${name}`] as () => Promise<void>)(), to)
      expect((await heldBy(dialer, to)).end, pair).toBeUndefined()
    }
  }
})
