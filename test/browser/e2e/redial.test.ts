import type { BrowserContext, Page } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type * as client from '../../../src/client/index.ts'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import type { Flow } from '../../support/flows.ts'
import { flowsOf, heardFlows, listenFlows, startFlow } from '../../support/flows.ts'
import { connectLab, listenLab, makeLab } from '../../support/lab-page.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { LOCAL_MODE, startNodeBuild } from '../../support/node-build.ts'
import { until } from '../../support/until.ts'

const PROTOCOL = '/x/redial'
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
          else carried.delete(this)
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

const carriedBy = async (page: Page): Promise<number> =>
  await page.evaluate(() => (globalThis as unknown as { carried: Set<unknown> }).carried.size)

/** A peer that receives flows, in a context of its own. */
async function startPeer(
  page = 'lab',
): Promise<{ page: Page; identity: { peer: string; addresses: string[] } }> {
  const tab = await openTab(await newContext(), { page })
  const identity = await connectLab(tab)
  await listenFlows(tab, FLOW)
  return { page: tab, identity }
}

/** Opens a named connection of the page's client, and sends one message over it and back. */
async function dial(
  page: Page,
  name: string,
  target: { peer: string; addresses: string[] },
  relay = '',
): Promise<void> {
  await page.evaluate(
    async (name, peer, addrs, protocol, relay) => {
      const connected = lab['client'] as client.Client
      lab[name] = await connected.dial({ peer, addrs }, protocol, { relay })
    },
    name,
    target.peer,
    target.addresses,
    PROTOCOL,
    relay,
  )
  await echo(page, name)
}

async function echo(page: Page, name: string): Promise<void> {
  const echoed = await page.evaluate(async (name) => {
    const connection = lab[name] as client.Connection
    connection.send(new TextEncoder().encode(name))
    for await (const message of connection) return new TextDecoder().decode(message)
    return undefined
  }, name)
  expect(echoed).toBe(name)
}

/** The end of a connection, kept in the page with its time. */
async function watchEnd(page: Page, name: string): Promise<void> {
  await page.evaluate((name) => {
    void (lab[name] as client.Connection).closed.then((end) => {
      lab[`end of ${name}`] = { ...end, atMs: Date.now() }
    })
  }, name)
}

const endOf = async (page: Page, name: string): Promise<{ reason: string; clean: boolean; atMs: number }> =>
  (await until(`the end of ${name}`, () =>
    page.evaluate((name) => lab[`end of ${name}`] as object | undefined, name),
  )) as { reason: string; clean: boolean; atMs: number }

/** The bytes of the stream whose tab dies in the middle. */
const TOTAL_BYTES = 50 * 1_048_576
/**
 * So slow that it is still running when the others have started, even on a busy machine, because the tab must
 * die during it.
 */
const LOST_PACE_MS = 12
/** The bytes of each stream that must not be disturbed; each lasts until after the new connection. */
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
    console.log(`${how}: told after ${toldMs} ms, connected again after ${againMs} ms`)
  }
  console.log(
    `median: told after ${median(deaths.map(({ toldMs }) => toldMs))} ms, connected again after ${median(deaths.map(({ againMs }) => againMs))} ms`,
  )
})

test.each(['closed', 'navigated', 'crashed'] as const)(
  'a tab that is %s in the middle of 50 MB takes its WebRTC connections with it; another tab replaces them, and nothing else is disturbed',
  { repeats: Number(process.env['DEATHS'] ?? 1) - 1 },
  async (how) => {
    const near = await newContext()
    // One page for the stream that is lost, and another one for those that are not: each has its own socket
    // to the peer.
    const [page, bystander] = [await openTab(near, { webRtc: false }), await openTab(near, { webRtc: false })]
    await connectLab(page)
    await connectLab(bystander)
    const lenders = await openLenders(near)
    const far = await startPeer()
    const other = await startPeer()
    const native = await startPeer('native')

    await startFlow(page, 'lost', {
      ...far.identity,
      protocol: FLOW,
      totalBytes: TOTAL_BYTES,
      paceMs: LOST_PACE_MS,
    })
    const carriers = await Promise.all(lenders.map(carriedBy))
    const carrier = lenders[carriers.indexOf(1)]
    const survivor = lenders[carriers.indexOf(0)]
    if (carrier === undefined || survivor === undefined) throw new Error(`the tabs carry ${String(carriers)}`)
    // New connections go to the tab that is visible.
    await survivor.bringToFront()
    await until('the other tab to be visible', () =>
      survivor.evaluate(() => document.visibilityState === 'visible'),
    )
    const slow = { protocol: FLOW, totalBytes: BYSTANDER_BYTES, paceMs: BYSTANDER_PACE_MS }
    await startFlow(bystander, 'other-tab', { ...other.identity, ...slow })
    expect(await carriedBy(survivor)).toBe(1)
    await startFlow(bystander, 'websocket', { ...native.identity, ...slow })
    await startFlow(bystander, 'circuit', { ...far.identity, ...slow, relay: '*' })

    const lost = async (): Promise<Flow | undefined> => (await flowsOf(page))['lost']
    await until(
      'part of the 50 MB to be sent',
      async () => {
        const flow = await lost()
        if (flow?.refused !== undefined) throw new Error(flow.refused)
        return (flow?.sentBytes ?? 0) > TOTAL_BYTES / 5
      },
      60_000,
    )
    const diedMs = Date.now()
    if (how === 'closed') await carrier.close()
    else if (how === 'navigated') await carrier.goto(`${node.origin}/native.html`)
    else await carrier.goto('chrome://crash').catch(() => 'it has crashed')
    const { sentBytes, end, failure } = await until('the end of the stream', async () => {
      const flow = await lost()
      return flow?.end === undefined ? undefined : flow
    })
    if (end === undefined) throw new Error('it has no end')
    expect(sentBytes).toBeLessThan(TOTAL_BYTES)
    expect({ reason: end.reason, clean: end.clean, failure }).toEqual({
      reason: `connection lost: the connection to ${far.identity.peer} over WebRTC ended: the tab that carried this connection was closed`,
      clean: false,
      failure: undefined,
    })
    await until('the new connection, through the other tab', async () => (await carriedBy(survivor)) === 2)
    deaths.push({ how, toldMs: end.atMs - diedMs, againMs: Date.now() - diedMs })

    // The other streams ran all the time, and arrive complete.
    const before = await flowsOf(bystander)
    expect(Object.values(before).filter((flow) => flow.isWhole)).toEqual([])
    await startFlow(page, 'again', {
      ...far.identity,
      addresses: [],
      protocol: FLOW,
      totalBytes: 1_048_576,
    })
    for (const [on, name] of [
      [page, 'again'],
      [bystander, 'other-tab'],
      [bystander, 'websocket'],
      [bystander, 'circuit'],
    ] as const) {
      await until(
        `the whole stream ${name}`,
        async () => {
          const flow = (await flowsOf(on))[name]
          const over = flow?.end?.reason ?? flow?.refused
          if (flow?.isWhole !== true && over !== undefined) throw new Error(over)
          return flow?.isWhole === true
        },
        60_000,
      )
    }
    // The other end of the lost stream has received less, and is never told that it was complete.
    const heard = (await heardFlows(far.page))['lost']
    expect(heard?.wantedBytes).toBe(TOTAL_BYTES)
    expect(heard?.gotBytes).toBeLessThan(TOTAL_BYTES)
    expect(heard?.end?.clean).not.toBe(true)
  },
)

test('when a tab carried connections that others dialled, they are dialled again from this side', async () => {
  const near = await newContext()
  const page = await openTab(near, { webRtc: false })
  const mine = await connectLab(page)
  const lenders = await openLenders(near)
  await listenLab(page, PROTOCOL, 'echo')
  const far = await openTab(await newContext())
  await connectLab(far)
  await dial(far, 'near', mine)
  await watchEnd(far, 'near')
  const carriers = await Promise.all(lenders.map(carriedBy))
  const survivor = lenders[carriers.indexOf(0)]
  const diedMs = Date.now()
  await lenders[carriers.indexOf(1)]?.close()
  if (survivor === undefined) throw new Error(`the tabs carry ${String(carriers)}`)
  await until('the new connection', async () => (await carriedBy(survivor)) === 1)
  console.log(`connected again, by the side that was dialled, after ${Date.now() - diedMs} ms`)
  const { reason, atMs } = await endOf(far, 'near')
  console.log(`the other side was told after ${atMs - diedMs} ms: ${reason}`)
  expect(reason).toMatch(/^connection lost: /)
  await dial(far, 'near again', { peer: mine.peer, addresses: [] })
})
