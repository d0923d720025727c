import type { Page } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Chromium } from '../../support/chromium.ts'
import { decodeConnectString } from '../../../src/protocol/index.ts'
import { readPasted } from '../../../examples/shared/room-link.ts'
import { startChromium } from '../../support/chromium.ts'
import { faultsOf } from '../../support/accessibility.ts'
import { shoot } from '../../support/screenshots.ts'
import { until } from '../../support/until.ts'
import { FULL_REPORT } from '../../site/full-report.ts'
import type { BuiltSite } from './built-site.ts'
import { serveBuiltSite } from './built-site.ts'
import { says } from './site-tabs.ts'

let chromium: Chromium
let site: BuiltSite
let tabs: { page: Page; lines: string[] }[]

beforeAll(async () => {
  chromium = await startChromium()
})

afterAll(async () => {
  await chromium.close()
})

beforeEach(async () => {
  tabs = []
  site = await serveBuiltSite()
})

afterEach(async () => {
  for (const { page } of tabs) if (!page.isClosed()) await page.close()
  await site.close()
})

async function open(url: string): Promise<Page> {
  const tab = await chromium.open(url)
  tabs.push(tab)
  return tab.page
}

const text = (page: Page, selector: string): Promise<string> =>
  page.$eval(selector, (element) => (element as HTMLElement).innerText)

const value = (page: Page, selector: string): Promise<string> =>
  page.$eval(selector, (element) => (element as HTMLInputElement).value)

/** Brings a tab to the front: a background tab draws nothing, and cannot be clicked. */
async function click(page: Page, selector: string): Promise<void> {
  await page.bringToFront()
  await page.click(selector)
}

async function type(page: Page, selector: string, typed: string): Promise<void> {
  await page.bringToFront()
  await page.locator(selector).fill(typed)
}

const width = (page: Page): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth)

async function host(name: string): Promise<Page> {
  const page = await open(`${site.origin}/examples/chat.html`)
  await says(page, '#status', 'Your peer is running')
  await type(page, '#name', name)
  await click(page, '#enter')
  await says(page, '#status', 'Your room is open. Share its link')
  return page
}

const link = (page: Page): Promise<string> =>
  page.$eval('#link', (element) => (element as HTMLAnchorElement).href)

/** Opens a room of the 2020 chat, and returns its page and connect string. */
async function hostOld(name: string): Promise<{ ann: Page; connectString: string }> {
  const ann = await open(`${site.origin}/examples/chat.html`)
  await says(ann, '#status', 'Your peer is running')
  await type(ann, '#name', name)
  await click(ann, '#by-link summary')
  await click(ann, '#old')
  await says(ann, '#status', 'Your room is open. Share its link')
  return { ann, connectString: await value(ann, '#connect-string') }
}

/** Opens the chat as another peer, and joins by this text. */
async function joinBy(text: string, name: string): Promise<Page> {
  const page = await open(`${site.otherOrigin}/examples/chat.html`)
  await type(page, '#name', name)
  await click(page, '#by-link summary')
  await type(page, '#target', text)
  await click(page, '#join')
  return page
}

describe('the chat', () => {
  test('can be joined through its link by other tabs, and a member leaves in order', async () => {
    const ann = await host('Ann')
    const invitation = await link(ann)
    const bob = await open(invitation)
    await says(bob, '#status', 'Ann invites you.')
    expect(await text(bob, '#setup')).toMatch(/^\s*Your name\s*Join Ann’s chat\s*$/u)
    await click(bob, '#enter')
    await says(bob, '#status', 'You share the room with one other person.')
    const cy = await open(invitation)
    await type(cy, '#name', 'Cy')
    await click(cy, '#enter')
    await says(cy, '#status', 'You share the room with 2 others.')
    await says(ann, '#members', /Ann \(you\)[^]*Guest \d+\s+⌂ local[^]*Cy/)
    await type(bob, '#message', '<img src=x onerror=alert(1)> & "quotes"')
    await bob.keyboard.press('Enter')
    for (const page of [ann, bob, cy])
      await says(page, '#messages', '<img src=x onerror=alert(1)> & "quotes"')
    expect(await ann.$('#messages img')).toBeNull()
    expect(await text(ann, '#messages time')).toMatch(/\d:\d\d/u)
    await ann.setViewport({ width: 320, height: 600 })
    expect(await width(ann)).toBeLessThanOrEqual(320)
    await type(ann, '#message', 'Hello')
    await click(ann, '#send')
    for (const page of [ann, bob, cy]) await says(page, '#messages', 'Ann: Hello')
    expect(await value(ann, '#message')).toBe('')
    // Guests invite too.
    expect(readPasted(await link(cy))).toEqual({ ...readPasted(invitation), from: 'Cy' })
    await click(bob, '#leave')
    await says(ann, '#messages', /Guest \d+ left\./)
    await says(cy, '#messages', /Guest \d+ left\./)
    expect(tabs.flatMap((tab) => tab.lines).filter((line) => !line.startsWith('debug'))).toEqual([])
  })

  test('says that a room no longer exists, and offers a new one', async () => {
    const late = await open(`${site.origin}/examples/chat.html#lusab-babad-gutih-tugad/Ann`)
    await click(late, '#enter')
    await says(late, '#status', 'This room no longer exists, or nobody is in it now. Open a new one')
    await click(late, '#status a')
    await says(late, '#status', 'Your peer is running.')
    expect(await text(late, '#enter')).toBe('Open a room')
  })

  test('can open a room for the 2020 chat, which is joined with its connect string', async () => {
    const { ann, connectString } = await hostOld('Ann')
    const bob = await joinBy(connectString, 'Bob')
    await says(bob, '#members', /Ann host[^]*Bob/)
    await says(bob, '#messages', 'You joined as Bob.')
    await says(ann, '#members', 'Bob')
    await type(ann, '#message', 'Hello')
    await click(ann, '#send')
    await says(bob, '#messages', 'Ann: Hello')
  })

  test('says what is wrong with a damaged connect string, typed or in a link', async () => {
    const { connectString } = await hostOld('Ann')
    const damaged = connectString.slice(0, 30) + connectString.slice(31)
    const bob = await joinBy(damaged, 'Bob')
    await says(bob, '#error', 'The connect string is damaged: ')
    const cy = await open(`${site.otherOrigin}/examples/chat.html#${encodeURIComponent(damaged)}`)
    await click(cy, '#enter')
    await says(cy, '#error', 'The connect string is damaged: ')
    // Another link that is followed in the same tab.
    await cy.evaluate((text) => (location.hash = encodeURIComponent(text)), connectString)
    await says(cy, '#status', 'You are invited.')
    await click(cy, '#enter')
    await says(cy, '#status', 'You are in the room.')
  })

  test('tells a guest of the 2020 chat that the host is gone, and everyone that the relay is gone', async () => {
    const { ann, connectString } = await hostOld('Ann')
    const bob = await joinBy(connectString, 'Bob')
    await says(bob, '#status', 'You are in the room')
    await ann.close()
    await says(bob, '#status', 'This room no longer exists, or can’t be reached. Open a new one')
    expect(await bob.$('#send:disabled')).not.toBeNull()
    await says(bob, '#error', 'ask for its connect string')
    await site.stop()
    await says(bob, '#status', 'The connection to your peer was lost.')
    await says(bob, '[aria-label="What to do"]', 'npm start')
    // It is there only between two attempts.
    await says(bob, '#retry', 'Try again now')
  })

  test('calls a room open once other browsers can join', async () => {
    site.relay.identify({ addresses: [], public: false })
    const page = await open(`${site.origin}/examples/chat.html`)
    await says(page, '#status', 'Your peer is running')
    await click(page, '#enter')
    await says(page, '#status', 'Opening your room to other browsers')
    site.relay.identify({ addresses: ['/ip4/127.0.0.1/tcp/1'], public: true })
    await says(page, '#status', 'Your room is open. Share its link')
  })
})

describe('the page of a peer', () => {
  test('shows its ID, its place and who can reach it, and follows changes', async () => {
    const page = await open(`${site.origin}/#/peer`)
    await says(page, '#status', 'Your libp2p peer is running.')
    await says(page, '#peer', '127x0x0x1')
    await says(page, '#reach', 'Other peers can reach your peer')
    await says(page, '#addresses', '/ip4/127.0.0.1/tcp/4006/ws')
    site.relay.identify({ addresses: [], public: false })
    await says(page, '#reach', 'Only tabs of this browser')
    await says(page, '#addresses', 'None yet')
  })

  test.each([
    ['', 'In this browser, shared by all tabs of this site.'],
    ['?native', 'In the program that serves this page.'],
    ['?unsupported', 'In the program that serves this page, because this browser has no SharedWorker.'],
  ])('with %j in its address says where the peer runs: %s', async (query, words) => {
    const page = await open(`${site.origin}/${query}#/peer`)
    await until('the place', async () => (await page.$('#place')) !== null)
    expect(await text(page, '#place')).toBe(words)
  })

  test('draws each kind of path, and shows the state of relays, what each tab does, what is wrong and what to do', async () => {
    site.relay.report = FULL_REPORT
    const page = await open(`${site.origin}/#/peer`)
    await says(
      page,
      '#findings',
      /Could be better[^]*Your peer wants two reservations on circuit relays and has one\.[^]*one was tried and could not be reached\.[^]*What to do: Check whether the circuit relay is running[^]*Good to know[^]*not by their ID alone/,
    )
    await says(
      page,
      '#relays',
      /for 3 min 5 s[^]*\(local network\): failed 3 times, next attempt in 9 s\. Nobody/,
    )
    await says(page, '#relays', 'in reserve, in case another circuit relay fails')
    // Of the three relays only this one has a private address.
    expect((await text(page, '#relays')).match(/\(local network\)/g)).toHaveLength(1)
    expect(await text(page, '#addresses')).toMatch(
      /10\.0\.0\.7\S* observed by other peers; not announced until confirmed/u,
    )
    const given = await page.$eval('#connect-string', (field) => (field as HTMLTextAreaElement).value)
    const { addrs } = decodeConnectString(given)
    expect(addrs).not.toEqual([])
    expect(addrs.join()).not.toContain('10.0.0.7')
    const paths = await page.$$eval('.path', (paths) => paths.map((path) => path.getAttribute('aria-label')))
    expect(paths).toEqual([
      'Between two of your pages, inside your peer.',
      'Direct, over WebRTC.',
      expect.stringMatching(/^Through the circuit relay ….{8}, reached over WebSocket\.$/),
      'Direct, over WebSocket.',
    ])
    await says(page, '#connections', 'The circuit relay limits its duration and data; 100 kB are left.')
    await says(page, '#clients', /Your peer tab 1, this tab, provides WebRTC, carries 1 connection/)
    await says(
      page,
      '#clients',
      /<b>Chat<\/b> tab 2, does not support WebRTC[^]*3 streams, 1 interrupted, 1 opening, 70 kB queued/,
    )
    await says(
      page,
      '#clients',
      /listens on \/x\/chat-room, 2 of 5 open[^]*to ….{8}, over WebRTC: 1.2 MB received/,
    )
    await says(
      page,
      '#clients',
      /\/x\/file to ….{8}, interrupted, reconnecting: [^]*, 2 changes of link, 300 kB unacknowledged/,
    )
    await says(
      page,
      'section:has(> #connections)',
      'Streams: 1 interrupted, reconnecting, 4 reconnected, 2 moved to a better connection.',
    )
    expect(await faultsOf(page)).toEqual([])
    expect(await shoot(page, 'peer-full')).toEqual([])
  })

  test('says why a peer does not share its state', async () => {
    const page = await open(`${site.origin}/#/peer`)
    await says(page, 'main', 'doesn’t share its state with this page. This relay lets nobody look into it.')
  })

  test('reconnects after the relay was lost', async () => {
    const page = await open(`${site.origin}/#/peer`)
    await says(page, '#status', 'Your libp2p peer is running.')
    await page.evaluate(() => {
      const seen: string[] = []
      const status = document.querySelector('#status')
      new MutationObserver(() => seen.push(status?.textContent ?? '')).observe(document.body, {
        subtree: true,
        childList: true,
        characterData: true,
      })
      Object.assign(globalThis, { seen })
    })
    site.relay.drop('127x0x0x1')
    await until('the loss and the return', () =>
      page.evaluate(() => {
        const { seen } = globalThis as unknown as { seen: string[] }
        const lost = seen.findIndex((words) => words.startsWith('The connection to your peer was lost.'))
        return lost >= 0 && seen.slice(lost).some((words) => words.includes('is running'))
      }),
    )
  })
})

test('hello listens in one tab, and gets an answer in the other', async () => {
  const first = await open(`${site.origin}/examples/hello.html`)
  await says(first, '#log', 'Listening.')
  const second = await open(`${site.origin}/examples/hello.html`)
  await says(second, '#log', 'Received: Hello from another tab!')
  await says(first, '#log', 'Received: Hello from another tab!')
  expect(tabs.flatMap((tab) => tab.lines)).toEqual([])
})

describe('every page', () => {
  const paths = ['/', '/examples/chat.html', '/examples/hello.html']

  test.each(paths)('%s loads our script before any other of its scripts', async (path) => {
    const page = await open(site.origin + path)
    const ours = await page.$eval('html', (element) => (element as HTMLElement).dataset['ours'])
    expect(ours).toBe('1')
  })

  test.each(paths)('%s fits into 320 pixels', async (path) => {
    const page = await open(site.origin + path)
    await says(page, 'main', /running|Listening\./)
    await page.setViewport({ width: 320, height: 600 })
    expect(await width(page)).toBeLessThanOrEqual(320)
  })
})
