import type { BrowserContext, Page } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import type { Flow } from '../../support/flows.ts'
import { flowsOf, heardFlows, listenFlows, releaseFlow, startFlow, untilFlow } from '../../support/flows.ts'
import { connectLab, makeLab } from '../../support/lab-page.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { LOCAL_MODE, startNodeBuild } from '../../support/node-build.ts'
import { until } from '../../support/until.ts'

const FLOW = '/x/redial-flow'

let files: Awaited<ReturnType<typeof makeLab>>
let node: NodeBuild
let chromium: Chromium
/** Each context has its own storage and its own SharedWorker, so it is a separate peer. */
let contexts: BrowserContext[]

beforeAll(async () => {
  files = await makeLab()
  node = await startNodeBuild([...LOCAL_MODE, '-files', files.directory])
  chromium = await startChromium()
})

beforeEach(() => {
  contexts = []
})

afterEach(async () => {
  await Promise.all(contexts.map((context) => context.close()))
})

afterAll(async () => {
  await chromium?.close()
  await node?.stop()
  await files?.remove()
})

async function newContext(): Promise<BrowserContext> {
  const context = await chromium.browser.createBrowserContext()
  contexts.push(context)
  return context
}

/** A tab that counts the WebRTC connections that it carries, or one without WebRTC. */
async function openTab(
  context: BrowserContext,
  options: { page?: string; webRtc?: boolean } = {},
): Promise<Page> {
  const page = await context.newPage()
  await page.evaluateOnNewDocument((webRtc) => {
    const carried = new Set<RTCPeerConnection>()
    class CountedConnection extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        this.addEventListener('connectionstatechange', () => {
          if (this.connectionState === 'connected') carried.add(this)
        })
      }
    }
    Object.assign(globalThis, { RTCPeerConnection: webRtc ? CountedConnection : undefined, carried })
  }, options.webRtc ?? true)
  await page.goto(`${node.origin}/${options.page ?? 'lab'}.html`)
  return page
}

/** Two tabs that lend WebRTC to the peer of this context; a tab lends from its first socket on. */
async function openLenders(context: BrowserContext): Promise<Page[]> {
  const tabs = [await openTab(context), await openTab(context)]
  for (const tab of tabs) await connectLab(tab)
  return tabs
}

/** The number of WebRTC connections that stand in the tab. One that the tab itself closes fires no event. */
const carriedBy = async (page: Page): Promise<number> =>
  await page.evaluate(() => {
    const { carried } = globalThis as unknown as { carried: Set<RTCPeerConnection> }
    return [...carried].filter(({ connectionState }) => connectionState === 'connected').length
  })

/** The tab that carries the only WebRTC connection of its peer, and the one that carries none. */
async function carrierOf(lenders: Page[]): Promise<{ carrier: Page; survivor: Page }> {
  return await until('one of two tabs to carry one connection', async () => {
    const counts = await Promise.all(lenders.map(carriedBy))
    const [carrier, survivor] = [lenders[counts.indexOf(1)], lenders[counts.indexOf(0)]]
    return carrier === undefined || survivor === undefined ? undefined : { carrier, survivor }
  })
}

/** A peer that receives flows, in a context of its own. */
async function startPeer(
  page = 'lab',
): Promise<{ page: Page; identity: { peer: string; addresses: string[] } }> {
  const tab = await openTab(await newContext(), { page })
  const identity = await connectLab(tab)
  await listenFlows(tab, FLOW)
  return { page: tab, identity }
}

/** The bytes of the streams whose tab dies in the middle. */
const TOTAL_BYTES = 30 * 1_048_576
/**
 * Keeps them running while the tab dies. Each also holds its last chunk back until the test has seen that.
 */
const PACE_MS = 20
/** The bytes of each stream that must not be disturbed. */
const BYSTANDER_BYTES = 5 * 1_048_576
const BYSTANDER_PACE_MS = 75

/** The times after one tab's death in milliseconds. */
interface Death {
  how: string
  toldMs: number
  againMs: number
}
const deaths: Death[] = []

afterAll(() => {
  const median = (times: number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1] ?? NaN
  for (const { how, toldMs, againMs } of deaths) {
    console.log(`${how}: told after ${toldMs} ms, direct again after ${againMs} ms`)
  }
  console.log(
    `median: told after ${median(deaths.map(({ toldMs }) => toldMs))} ms, direct again after ${median(deaths.map(({ againMs }) => againMs))} ms`,
  )
})

const isDirect = ({ links }: Pick<Flow, 'links'>): boolean => links.at(-1) === 'direct'

test.each(['closed', 'navigated', 'crashed'] as const)(
  'when a tab is %s in the middle of 30 MB, the connection that it carried goes on, one that may not outlive its link ends, and nothing else is disturbed',
  { repeats: Number(process.env['DEATHS'] ?? 1) - 1 },
  async (how) => {
    const near = await newContext()
    // One page for the streams that lose their link, and another one for those that don't: each has its own
    // socket to the peer.
    const [page, bystander] = [await openTab(near, { webRtc: false }), await openTab(near, { webRtc: false })]
    await connectLab(page)
    await connectLab(bystander)
    const lenders = await openLenders(near)
    const far = await startPeer()
    const other = await startPeer()
    const native = await startPeer('native')

    const bulk = { protocol: FLOW, totalBytes: TOTAL_BYTES, paceMs: PACE_MS, holds: true }
    await startFlow(page, 'lasting', { ...far.identity, ...bulk })
    await untilFlow(page, 'lasting', 'WebRTC', isDirect)
    await startFlow(page, 'plain', { ...far.identity, ...bulk, lasting: false })
    const { carrier, survivor } = await carrierOf(lenders)
    // New connections go to the tab that is visible.
    await survivor.bringToFront()
    await until('the other tab to be visible', () =>
      survivor.evaluate(() => document.visibilityState === 'visible'),
    )
    const slow = { protocol: FLOW, totalBytes: BYSTANDER_BYTES, paceMs: BYSTANDER_PACE_MS, holds: true }
    await startFlow(bystander, 'other-tab', { ...other.identity, ...slow })
    await untilFlow(bystander, 'other-tab', 'WebRTC', isDirect)
    await until('the other tab to carry one connection', async () => (await carriedBy(survivor)) === 1)
    await startFlow(bystander, 'websocket', { ...native.identity, ...slow })
    await startFlow(bystander, 'circuit', { ...far.identity, ...slow, relay: '*' })

    const { links: before } = await untilFlow(
      page,
      'lasting',
      'part of it to be sent',
      ({ sentBytes }) => sentBytes > TOTAL_BYTES / 5,
    )
    const diedMs = Date.now()
    if (how === 'closed') await carrier.close()
    else if (how === 'navigated') await carrier.goto(`${node.origin}/native.html`)
    else await carrier.goto('chrome://crash').catch(() => 'it has crashed')
    const { sentBytes, end, failure } = await untilFlow(
      page,
      'plain',
      'its end',
      ({ end }) => end !== undefined,
    )
    expect(sentBytes).toBeLessThan(TOTAL_BYTES)
    expect({ ...end, atMs: 0, failure }).toEqual({
      reason: `connection lost: the connection to ${far.identity.peer} over WebRTC ended: the tab that carried this connection was closed`,
      clean: false,
      atMs: 0,
      failure: undefined,
    })
    await until('the new connection, through the other tab', async () => (await carriedBy(survivor)) === 2)
    const again = await untilFlow(
      page,
      'lasting',
      'WebRTC again',
      (flow) => isDirect(flow) && flow.links.length > before.length,
    )
    deaths.push({ how, toldMs: (end?.atMs ?? NaN) - diedMs, againMs: Date.now() - diedMs })
    expect(again).toMatchObject({ isWhole: false })
    expect(again.links[before.length]).toBe('interrupted')

    // The other streams ran all the time, and arrive complete.
    expect(Object.values(await flowsOf(bystander)).filter((flow) => flow.isWhole)).toEqual([])
    for (const [on, name] of [
      [page, 'lasting'],
      [bystander, 'other-tab'],
      [bystander, 'websocket'],
      [bystander, 'circuit'],
    ] as const) {
      await releaseFlow(on, name)
      const { links } = await untilFlow(on, name, 'every byte', ({ isWhole }) => isWhole)
      if (on === bystander) expect(links).not.toContain('interrupted')
    }
    // The other ends: one knows that it has all, the other one is never told that it has.
    const { lasting, plain } = await heardFlows(far.page)
    expect(lasting).toMatchObject({ wantedBytes: TOTAL_BYTES, gotBytes: TOTAL_BYTES })
    expect(plain?.wantedBytes).toBe(TOTAL_BYTES)
    expect(plain?.gotBytes).toBeLessThan(TOTAL_BYTES)
    expect(plain?.end?.clean).not.toBe(true)
  },
)

test('when a tab carried connections that others opened, these go on, and this side dials them again', async () => {
  const near = await newContext()
  const page = await openTab(near, { webRtc: false })
  const mine = await connectLab(page)
  const lenders = await openLenders(near)
  await listenFlows(page, FLOW)
  const far = await openTab(await newContext())
  await connectLab(far)
  const bulk = { protocol: FLOW, totalBytes: TOTAL_BYTES, paceMs: PACE_MS, holds: true }
  await startFlow(far, 'near', { ...mine, ...bulk })
  const { links } = await untilFlow(far, 'near', 'WebRTC', isDirect)
  const { carrier, survivor } = await carrierOf(lenders)
  const diedMs = Date.now()
  await carrier.close()
  await until('the new connection', async () => (await carriedBy(survivor)) === 1)
  console.log(`connected again, by the side that was dialled, after ${Date.now() - diedMs} ms`)
  await untilFlow(far, 'near', 'WebRTC again', (flow) => isDirect(flow) && flow.links.length > links.length)
  await releaseFlow(far, 'near')
  await untilFlow(far, 'near', 'every byte', ({ isWhole }) => isWhole)
  expect((await heardFlows(page))['near']).toMatchObject({ gotBytes: TOTAL_BYTES })
})
