import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import type { Evaluates } from '../../support/flows.ts'
import { flowsOf, heardFlows, listenFlows, startFlow } from '../../support/flows.ts'
import { connectLab, makeLab } from '../../support/lab-page.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { LOCAL_MODE, startNodeBuild } from '../../support/node-build.ts'
import { until } from '../../support/until.ts'
import type { WebKit } from '../../support/webkit.ts'
import { startWebKit } from '../../support/webkit.ts'

const PROTOCOL = '/x/webkit'
const TOTAL_BYTES = 4_194_304

let files: Awaited<ReturnType<typeof makeLab>>
let node: NodeBuild
let webkit: WebKit
let chromium: Chromium
let page: Page

beforeAll(async () => {
  files = await makeLab()
  node = await startNodeBuild([...LOCAL_MODE, '-files', files.directory])
  webkit = await startWebKit()
  await webkit.open(`${node.origin}/lab.html`)
  chromium = await startChromium()
  ;({ page } = await chromium.open(`${node.origin}/lab.html`))
})

afterAll(async () => {
  await chromium?.close()
  await webkit?.close()
  await node?.stop()
  await files?.remove()
})

test('in WebKitGTK, which has no WebRTC, the peer starts in the SharedWorker without that transport', async () => {
  expect(await webkit.page.evaluate(() => 'RTCPeerConnection' in globalThis)).toBe(false)
  const { peer, addresses } = await connectLab(webkit.page)
  expect(peer).toMatch(/^12D3KooW/)
  expect(await webkit.page.evaluate(() => libp2pWebSocket?.relay)).toBe('shared-worker')
  // It is reachable through the relay, and tells no address at which nobody answers.
  const told = await until('an address over the relay', async () => {
    const now = (await connectLab(webkit.page)).addresses
    return now.length > 0 ? now : undefined
  })
  expect([...addresses, ...told].filter((address) => !address.endsWith('/p2p-circuit'))).toEqual([])
})

test('streams between it and Chromium go over the relay, whole, both ways', async () => {
  const near = await connectLab(webkit.page)
  const far = await connectLab(page)
  await listenFlows(webkit.page, PROTOCOL)
  await listenFlows(page, PROTOCOL)
  const flow = { protocol: PROTOCOL, totalBytes: TOTAL_BYTES }
  await startFlow(webkit.page, 'from-webkit', { ...far, ...flow })
  await startFlow(page, 'to-webkit', { ...near, ...flow })
  for (const [from, to, name] of [
    [webkit.page, page, 'from-webkit'],
    [page, webkit.page, 'to-webkit'],
  ] as [Evaluates, Evaluates, string][]) {
    await until(
      `all of the stream ${name}`,
      async () => {
        const { isWhole, end, refused, failure } = (await flowsOf(from))[name] ?? { isWhole: false }
        if (!isWhole && (end ?? refused ?? failure) !== undefined)
          throw new Error(JSON.stringify({ end, refused, failure }))
        return isWhole
      },
      60_000,
    )
    expect((await heardFlows(to))[name]).toMatchObject({ wantedBytes: TOTAL_BYTES, gotBytes: TOTAL_BYTES })
  }
})
