import type { Page } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { BROWSERS } from '../../support/browsers.ts'
import type { TestBrowser } from '../../support/chromium.ts'
import type { Flow } from '../../support/flows.ts'
import { heardFlows, listenFlows, releaseFlow, startFlow, untilFlow } from '../../support/flows.ts'
import { connectLab, makeLab } from '../../support/lab-page.ts'
import type { LabSite } from '../../support/lab-site.ts'
import { serveLab } from '../../support/lab-site.ts'
import { RelayProcess } from '../../support/relay-process.ts'
import { until } from '../../support/until.ts'

/*
 * What a page notices when a link is lost, or a better one stands: a link that changes, and nothing else.
 * The faults of lending tabs in one browser are in redial.test.ts.
 */

const PROTOCOL = '/x/interruptions'
const TOTAL_BYTES = 12 * 1_048_576
/**
 * Between two chunks of 64 KiB, so that bytes are on their way when a link is lost. A flow holds its last
 * chunk back until the test has seen the loss.
 */
const PACE_MS = 40
/** The bytes that have left before a link is lost. */
const PART_BYTES = 2 * 1_048_576

interface Identity {
  peer: string
  addresses: string[]
}

let files: Awaited<ReturnType<typeof makeLab>>
let relay: RelayProcess
let site: LabSite
const browsers = new Map<string, TestBrowser>()
let pages: Page[] = []

beforeAll(async () => {
  files = await makeLab()
  relay = await RelayProcess.make()
  await relay.start(['-files', files.directory])
  site = await serveLab('src/client/index.ts', 'libp2pClient', { relays: [relay.address], iceServers: [] })
  for (const { name, start } of BROWSERS) browsers.set(name, await start())
})

afterEach(async () => {
  await Promise.all(pages.map((page) => page.close()))
  pages = []
})

afterAll(async () => {
  for (const browser of browsers.values()) await browser.close()
  await Promise.all([site?.close(), relay?.close()])
  await files?.remove()
})

/** Opens a page with a client. One without WebRTC lends none to its peer. */
async function open(browser: string, url: string, webRtc: boolean): Promise<Page> {
  const page = await browsers.get(browser)?.browser.newPage()
  if (page === undefined) throw new Error(`${browser} does not run`)
  pages.push(page)
  if (!webRtc)
    await page.evaluateOnNewDocument(() => {
      Object.assign(globalThis, { RTCPeerConnection: undefined })
    })
  await page.goto(url)
  await connectLab(page)
  return page
}

/** Opens a page with the peer of its browser, which then holds a reservation. */
async function openLab(browser: string, webRtc = false): Promise<{ page: Page; identity: Identity }> {
  const page = await open(browser, `${site.origin}/lab.html`, webRtc)
  const identity = await until(
    'an address on the relay',
    async () => {
      const now = await connectLab(page)
      return now.public ? now : undefined
    },
    60_000,
  )
  return { page, identity }
}

async function start(page: Page, { peer, addresses }: Identity): Promise<void> {
  await startFlow(page, 'flow', {
    peer,
    addresses,
    protocol: PROTOCOL,
    totalBytes: TOTAL_BYTES,
    paceMs: PACE_MS,
    holds: true,
  })
}

const isUnderWay = ({ sentBytes }: Flow): boolean => sentBytes > PART_BYTES

/** Waits until every byte has arrived, and checks that neither end was told of an end before. */
async function untilWhole(page: Page, listener: Page): Promise<{ near: Flow['links']; far: Flow['links'] }> {
  await releaseFlow(page, 'flow')
  const { links } = await untilFlow(page, 'flow', 'every byte', ({ isWhole }) => isWhole)
  const heard = await until('the end at the listener', async () => {
    const { flow } = await heardFlows(listener)
    return flow?.end === undefined ? undefined : flow
  })
  expect(heard).toMatchObject({ gotBytes: TOTAL_BYTES, end: { reason: 'EOF', clean: true } })
  return { near: links, far: heard.links }
}

const pairs = BROWSERS.map(({ name }, index) => [name, BROWSERS.at(index - 1)?.name ?? name] as const)

describe.each(pairs)('a connection from a page in %s', (near, far) => {
  test.skipIf(near === far)(
    `to a page in ${far} opens on the circuit, moves to WebRTC, and goes on when the tab that lends it is closed`,
    async () => {
      const { page: listener, identity } = await openLab(far, true)
      await listenFlows(listener, PROTOCOL)
      const { page } = await openLab(near)
      const { page: lender } = await openLab(near, true)
      // Firefox lets the timers of a tab in the background fire once a second, and the flow is paced by them.
      await page.bringToFront()
      await start(page, identity)
      await untilFlow(page, 'flow', 'WebRTC', (flow) => isUnderWay(flow) && flow.links.at(-1) === 'direct')
      await lender.close()
      pages.splice(pages.indexOf(lender), 1)
      await untilFlow(page, 'flow', 'the loss', (flow) => flow.links.includes('interrupted'))
      const { near: links, far: heard } = await untilWhole(page, listener)
      // Nobody lends any more, so it is back on the circuit.
      expect(links).toEqual(['relayed', 'direct', 'interrupted', 'relayed'])
      expect(heard.slice(0, 2)).toEqual(['relayed', 'direct'])
      expect(heard.at(-1)).toBe('relayed')
    },
  )

  test.skipIf(near === far)(
    `to a page in ${far} goes on when its circuit relay is killed and restarted`,
    async () => {
      const { page: listener, identity } = await openLab(far)
      await listenFlows(listener, PROTOCOL)
      const { page } = await openLab(near)
      await start(page, identity)
      await untilFlow(page, 'flow', 'a part', isUnderWay)
      await relay.stop()
      await untilFlow(page, 'flow', 'the loss', ({ links }) => links.at(-1) === 'interrupted')
      await relay.start(['-files', files.directory])
      const { near: links, far: heard } = await untilWhole(page, listener)
      for (const seen of [links, heard]) expect(seen).toEqual(['relayed', 'interrupted', 'relayed'])
    },
  )

  test('to a Node peer goes on when the path between them is reset', async () => {
    const listener = await open(near, `${relay.origin}/native.html`, false)
    const { peer } = await connectLab(listener)
    await listenFlows(listener, PROTOCOL)
    const { page } = await openLab(near)
    await start(page, { peer, addresses: [relay.address] })
    await untilFlow(page, 'flow', 'a part', isUnderWay)
    relay.proxy.reset()
    await untilFlow(page, 'flow', 'the loss', ({ links }) => links.includes('interrupted'))
    relay.proxy.restore()
    const { near: links, far: heard } = await untilWhole(page, listener)
    for (const seen of [links, heard]) expect(seen).toEqual(['direct', 'interrupted', 'direct'])
  })

  test('to a Node peer goes on when its process is suspended for some time', async () => {
    const listener = await open(near, `${relay.origin}/native.html`, false)
    const { peer } = await connectLab(listener)
    await listenFlows(listener, PROTOCOL)
    const { page } = await openLab(near)
    await start(page, { peer, addresses: [relay.address] })
    await untilFlow(page, 'flow', 'a part', isUnderWay)
    relay.process?.kill('SIGSTOP')
    await untilFlow(page, 'flow', 'the sender to wait for the process', ({ isWaiting }) => isWaiting)
    relay.process?.kill('SIGCONT')
    await untilWhole(page, listener)
  })
})
