import { once } from 'node:events'
import type { Page } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { faultsOf } from '../../support/accessibility.ts'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { LOCAL_MODE, startNodeBuild } from '../../support/node-build.ts'
import { shoot } from '../../support/screenshots.ts'
import { until } from '../../support/until.ts'
import { SiteTabs, click, fill, says, text } from './site-tabs.ts'

/** From here on, Chrome's Core Web Vitals call it more than good. */
const MAX_SHIFT = 0.1

/** Opens the page in a window of this width, and sums up what moved until `isDone`. */
async function shiftOf(
  browser: Chromium,
  url: string,
  width: number,
  isDone: (page: Page) => Promise<void>,
): Promise<{ shift: number; paintMs: number; moved: string[] }> {
  const context = await browser.browser.createBrowserContext()
  const page = await context.newPage()
  await page.setViewport({ width, height: 800 })
  await page.evaluateOnNewDocument(() => {
    const seen = { shift: 0, paintMs: 0, moved: [] as string[] }
    Object.assign(globalThis, { seen })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { value, sources } = entry as unknown as {
          value: number
          sources: { node?: { parentElement?: Element } & Element }[]
        }
        seen.shift += value
        for (const { node } of sources)
          seen.moved.push(`${value.toFixed(3)} ${(node?.outerHTML ?? node?.textContent ?? '?').slice(0, 80)}`)
      }
    }).observe({ type: 'layout-shift', buffered: true })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.paintMs = entry.startTime
    }).observe({ type: 'largest-contentful-paint', buffered: true })
  })
  await page.goto(url)
  await isDone(page)
  // A shift is reported with the frame after the one that shows it.
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  )
  const seen = await page.evaluate(
    () => (globalThis as unknown as { seen: { shift: number; paintMs: number; moved: string[] } }).seen,
  )
  await context.close()
  return seen
}

describe.each([
  { title: 'with a circuit relay', args: LOCAL_MODE, home: 'Your peer is ready', peer: 'reservation held' },
  {
    title: 'without a circuit relay',
    args: ['-start', '-stoppable', '-nopeers', '-listen', '/ip4/127.0.0.1/tcp/0'],
    home: 'No circuit relay is configured',
    peer: 'No circuit relays are configured',
  },
])('$title', ({ args, home, peer }) => {
  let node: NodeBuild
  let browser: Chromium

  beforeAll(async () => {
    node = await startNodeBuild(args)
    browser = await startChromium()
  })

  afterAll(async () => {
    await browser?.close()
    await node?.stop()
  })

  test.each([1280, 390])('at %i pixels nothing on the first screen moves while it loads', async (width) => {
    const { shift, paintMs, moved } = await shiftOf(browser, `${node.origin}/`, width, (page) =>
      says(page, '#status', home),
    )
    console.log(`${width} px: layout shift ${shift.toFixed(4)}, largest contentful paint ${paintMs} ms`)
    expect(shift, moved.join('\n')).toBeLessThan(MAX_SHIFT)
  })

  test.each([1280, 390])('at %i pixels nothing on the page of the peer moves', async (width) => {
    const { shift, moved } = await shiftOf(browser, `${node.origin}/#/peer`, width, (page) =>
      says(page, '#reach-title ~ *', peer),
    )
    console.log(`${width} px, peer: layout shift ${shift.toFixed(4)}`)
    expect(shift, moved.join('\n')).toBeLessThan(MAX_SHIFT)
  })

  test.each([1280, 390])('at %i pixels nothing in the examples moves', async (width) => {
    for (const name of ['chat', 'files', 'board']) {
      const { shift, paintMs, moved } = await shiftOf(
        browser,
        `${node.origin}/examples/${name}.html`,
        width,
        (page) => says(page, '#map-said', home),
      )
      console.log(`${width} px, ${name}: layout shift ${shift.toFixed(4)}, largest paint ${paintMs} ms`)
      expect(shift, moved.join('\n')).toBeLessThan(MAX_SHIFT)
    }
  })
})

test('on a server that allows it, a button stops the server, and a chat goes on', async () => {
  const node = await startNodeBuild(['-stoppable', ...LOCAL_MODE])
  const [one, two] = [await startChromium(), await startChromium()]
  try {
    const { page: home } = await one.open(`${node.origin}/`)
    await says(home, '#stop', 'Stop the server')
    const { page: host } = await one.open(`${node.origin}/examples/chat.html`)
    await says(host, '#status', 'Your peer is running')
    await click(host, '#enter')
    await until('the invitation', async () => (await host.$('#link')) !== null)
    const { page: guest } = await two.open(
      await host.$eval('#link', (link) => (link as HTMLAnchorElement).href),
    )
    await click(guest, '#enter')
    await says(guest, '#status', 'You share the room')
    await home.bringToFront()
    await says(home, '#status', 'Connected directly')
    expect(await faultsOf(home)).toEqual([])
    expect(await shoot(home, 'home-stoppable')).toEqual([])
    const ended = once(node.process, 'exit')
    await click(home, '#stop-server')
    await says(home, '#server-stopped', 'The server has stopped.')
    expect(await ended).toEqual([0, null])
    await says(home, '#status', 'The circuit relay is gone, and the connection goes on.')
    await guest.bringToFront()
    await fill(guest, '#message', 'still here')
    await click(guest, '#send')
    await host.bringToFront()
    await says(host, '#messages', 'still here')
    expect(await faultsOf(home)).toEqual([])
    expect(await shoot(home, 'home-stopped')).toEqual([])
  } finally {
    await Promise.all([one.close(), two.close()])
    await node.stop()
  }
})

describe('the first screen', () => {
  let site: SiteTabs

  beforeAll(async () => {
    site = await SiteTabs.start()
  })

  afterAll(async () => {
    await site?.stop()
  })

  afterEach(async () => {
    await site.closeTabs()
  })

  test('says what this is and what to do, and shows no finding on a local demo', async () => {
    const page = await site.open('/')
    await says(page, '#status', 'Your peer is ready. Other browsers can reach it through the circuit relay.')
    expect(await text(page, 'h1')).toBe('Peer-to-peer for web pages')
    expect(await page.$eval('#start', (link) => (link as HTMLAnchorElement).href)).toBe(
      `${site.node.origin}/examples/chat.html`,
    )
    expect(await text(page, '#snippet')).toContain('src="/libp2p-websocket.js"')
    expect(await text(page, '#room-snippet')).toContain("from 'libp2p-websocket/room'")
    expect(await page.$('.notice:not(:empty)')).toBeNull()
    expect(await faultsOf(page)).toEqual([])
    expect(await shoot(page, 'home')).toEqual([])
    await click(page, '#to-peer')
    await says(page, '#relays', 'reservation held for')
    expect(await text(page, '.finding')).toBe('')
    expect(await page.$eval('#home', (home) => (home as HTMLElement).hidden)).toBe(true)
    await click(page, '#to-home')
    await says(page, 'h1', 'Peer-to-peer for web pages')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('home-title')
  })

  test('shows in forced colours which section is current, and how the peer is', async () => {
    const page = await site.open('/')
    await says(page, '#status', 'Your peer is ready')
    const session = await page.createCDPSession()
    for (const scheme of ['light', 'dark']) {
      await session.send('Emulation.setEmulatedMedia', {
        features: [
          { name: 'forced-colors', value: 'active' },
          { name: 'prefers-color-scheme', value: scheme },
        ],
      })
      const seen = await page.evaluate(() => {
        const borders = Array.from(
          document.querySelectorAll('.bar nav a'),
          (item) => getComputedStyle(item).borderBottomColor,
        )
        const sign = document.querySelector('#status')
        const dot = sign === null ? '' : getComputedStyle(sign, '::before').backgroundColor
        return { borders, dot, ground: getComputedStyle(document.body).backgroundColor }
      })
      const [current, ...others] = seen.borders
      expect(others).not.toContain(current)
      expect(seen.dot).not.toBe(seen.ground)
      await page.screenshot({ path: `test/screenshots/home-forced-${scheme}.png` })
    }
    await session.detach()
  })

  test('the link that skips the navigation leads to the content', async () => {
    const page = await site.open('/#/settings')
    await says(page, 'h1', 'Settings')
    await page.$eval('.skip', (link) => (link as HTMLAnchorElement).click())
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')
    expect(await text(page, '#app h1')).toBe('Settings')
  })

  test('the map follows a chat between two browsers', async () => {
    const home = await site.open('/')
    const host = await site.open('/examples/chat.html')
    await says(host, '#status', 'Your peer is running')
    await click(host, '#enter')
    await says(host, '#status', 'Your room is open')
    await home.bringToFront()
    await says(home, '#status', 'Your peer is ready')
    const link = await host.$eval('#link', (anchor) => (anchor as HTMLAnchorElement).href)
    const guest = await site.open(link, site.two)
    await click(guest, '#enter')
    await says(guest, '#status', 'You share the room')
    await home.bringToFront()
    await says(home, '#status', 'Connected directly to another browser. No server is in between.')
    expect(await home.$('.live-map .edge.direct')).not.toBeNull()
    const other = await site.open('/#/settings', site.two)
    await says(other, '#peer-name', /^12D3/u)
    const peer = await text(other, '#peer-name')
    expect(await home.$$eval('.live-map .id', (ids) => ids.map((id) => id.textContent).join(' '))).toContain(
      peer.slice(-8),
    )
    expect(await faultsOf(home)).toEqual([])
    expect(await shoot(home, 'home-direct')).toEqual([])
  })
})
