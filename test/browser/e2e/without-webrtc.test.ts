import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import { startFirefox } from '../../support/firefox.ts'
import type { Evaluates } from '../../support/flows.ts'
import { flowsOf, heardFlows, listenFlows, startFlow } from '../../support/flows.ts'
import { isInstalled } from '../../support/installed-browsers.js'
import { connectLab, makeLab } from '../../support/lab-page.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { LOCAL_MODE, startNodeBuild } from '../../support/node-build.ts'
import { until } from '../../support/until.ts'
import { startWebKit } from '../../support/webkit.ts'

const PROTOCOL = '/x/webkit'
const TOTAL_BYTES = 4_194_304

/** Browsers without WebRTC: one never had it, and in the other the user has turned it off. */
const BROWSERS: {
  name: string
  engine: string
  start: (url: string) => Promise<{ page: Evaluates; close(): Promise<void> }>
}[] = [
  {
    name: 'WebKitGTK',
    engine: 'WebKitGTK',
    start: async (url) => {
      const webkit = await startWebKit()
      await webkit.open(url)
      return webkit
    },
  },
  {
    name: 'a Firefox in which it is turned off',
    engine: 'Firefox',
    start: async (url) => {
      const firefox = await startFirefox({ 'media.peerconnection.enabled': false })
      const { page } = await firefox.open(url)
      return { page, close: () => firefox.close() }
    },
  },
]

let files: Awaited<ReturnType<typeof makeLab>>
let node: NodeBuild
let chromium: Chromium
let far: Page

beforeAll(async () => {
  files = await makeLab()
  node = await startNodeBuild([...LOCAL_MODE, '-files', files.directory])
  chromium = await startChromium()
  ;({ page: far } = await chromium.open(`${node.origin}/lab.html`))
})

afterAll(async () => {
  await chromium?.close()
  await node?.stop()
  await files?.remove()
})

const installed = BROWSERS.filter(({ engine }) => isInstalled({ name: engine }))

describe.each(installed.map(({ name, start }) => [name, start] as const))(
  'without WebRTC, as in %s,',
  (name, start) => {
    let browser: Awaited<ReturnType<typeof start>>
    let page: Evaluates

    beforeAll(async () => {
      browser = await start(`${node.origin}/lab.html`)
      ;({ page } = browser)
    })

    afterAll(() => browser?.close())

    test('the peer starts in the SharedWorker without that transport, and can be reached over the relay', async () => {
      expect(await page.evaluate(() => typeof RTCPeerConnection)).toBe('undefined')
      const { peer, addresses } = await connectLab(page)
      expect(peer).toMatch(/^12D3KooW/)
      expect(await page.evaluate(() => libp2pWebSocket?.relay)).toBe('shared-worker')
      // No address is announced at which nobody answers.
      const told = await until('an address over the relay', async () => {
        const now = (await connectLab(page)).addresses
        return now.length > 0 ? now : undefined
      })
      expect([...addresses, ...told].filter((address) => !address.endsWith('/p2p-circuit'))).toEqual([])
    })

    test('streams to and from Chromium go over the relay and arrive complete', async () => {
      const near = await connectLab(page)
      const identity = await connectLab(far)
      await listenFlows(far, `${PROTOCOL}/${near.peer}`)
      await listenFlows(page, PROTOCOL)
      const [to, from] = [`to-${near.peer.slice(-8)}`, `from-${near.peer.slice(-8)}`]
      const flow = { protocol: `${PROTOCOL}/${near.peer}`, totalBytes: TOTAL_BYTES }
      await startFlow(page, from, { ...identity, ...flow })
      await startFlow(far, to, { ...near, ...flow, protocol: PROTOCOL })
      for (const [sender, receiver, title] of [
        [page, far, from],
        [far, page, to],
      ] as [Evaluates, Evaluates, string][]) {
        await until(
          `the whole stream ${title} of ${name}`,
          async () => {
            const { isWhole, end, refused, failure } = (await flowsOf(sender))[title] ?? { isWhole: false }
            const over = end?.reason ?? refused ?? failure
            if (!isWhole && over !== undefined) throw new Error(over)
            return isWhole
          },
          60_000,
        )
        expect((await heardFlows(receiver))[title]).toMatchObject({
          wantedBytes: TOTAL_BYTES,
          gotBytes: TOTAL_BYTES,
        })
      }
    })

    test('the first screen and the examples say what this browser lacks', async () => {
      const wordsAt = (selector: string): Promise<string> =>
        page.evaluate((selector) => document.querySelector(selector)?.textContent ?? '', selector)
      for (const [path, heading, selector] of [
        ['/', 'Peer-to-peer for web pages', '#status'],
        ['/examples/chat.html', 'Chat', '#map-said'],
      ] as const) {
        await page.evaluate((path) => location.assign(path), path)
        await until(`the words about WebRTC at ${path}`, async () => {
          // Between two pages there is none to evaluate anything in.
          const title = await wordsAt('h1').catch(() => '')
          const words = await wordsAt(selector).catch(() => '')
          return title === heading && words.includes('This browser has no WebRTC')
        })
      }
    })
  },
)
