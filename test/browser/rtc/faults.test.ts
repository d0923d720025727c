import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import type { Site } from '../../support/site.ts'
import { faultCases } from './fault-cases.ts'
import { fuzzCases } from './fuzz-cases.ts'
import type { suite as suiteType } from './page-entry.ts'
import { serveRtc } from './serve-rtc.ts'

declare const rtc: { suite: typeof suiteType }

let site: Site
let chromium: Chromium

beforeAll(async () => {
  site = await serveRtc()
  chromium = await startChromium()
})

afterAll(async () => {
  await chromium?.close()
  await site?.close()
})

describe('faults between a borrower and its tabs', () => {
  let page: Page
  let lines: string[]

  beforeAll(async () => {
    ;({ page, lines } = await chromium.open(`${site.origin}/index.html`))
  })

  test.each([...Object.keys(faultCases), ...Object.keys(fuzzCases)])('%s', async (title) => {
    expect(await page.evaluate(async (title) => rtc.suite.fault(title), title)).toBe('ok')
  })

  test('nothing was thrown in the page in the meantime', () => {
    expect(lines.filter((line) => !/404 \(Not Found\)/.test(line))).toEqual([])
  })
})

describe('a SharedWorker whose tabs come and go', () => {
  let driver: Page

  async function ask(request: object): Promise<unknown> {
    return driver.evaluate(async (request) => rtc.suite.ask('/worker.js', request), request)
  }

  async function lendingTab(lock: string): Promise<Page> {
    const { page } = await chromium.open(`${site.origin}/index.html`)
    await page.evaluate(async (lock) => rtc.suite.lend('/worker.js', lock), lock)
    return page
  }

  beforeAll(async () => {
    driver = (await chromium.open(`${site.origin}/index.html`)).page
  })

  test('before any tab lends, no RTCPeerConnection can be constructed', async () => {
    expect(await ask({ type: 'construct' })).toBe('NotSupportedError: no tab lends WebRTC')
  })

  test.each([
    ['closed', async (page: Page): Promise<unknown> => page.close()],
    ['navigated', async (page: Page): Promise<unknown> => page.goto(`${site.origin}/blank.html`)],
  ])('a tab that is %s ends its connections with that reason', async (how, end) => {
    const tab = await lendingTab(`tab that is ${how}`)
    const other = await lendingTab(`tab that stays when one is ${how}`)
    expect(await ask({ type: 'connect' })).toBe('open')
    await end(tab)
    expect(await ask({ type: 'fate' })).toEqual({
      states: ['closed', 'closed', 'closed', 'closed'],
      events: ['error: the tab that carried this connection was closed', 'close'],
      pending: expect.stringMatching(
        /^(?:OperationError|InvalidStateError): the tab that carried this connection was closed$|^none was pending$/,
      ) as unknown,
    })
    expect(await ask({ type: 'run', title: 'strings and bytes go both ways and keep their order' })).toBe(
      'ok',
    )
    await other.close()
    await ask({ type: 'lenders left', count: 0 })
    expect(await ask({ type: 'construct' })).toBe('NotSupportedError: no tab lends WebRTC')
  })

  test('whatever a tab posts, nothing is thrown in the SharedWorker and no other tab is disturbed', async () => {
    const tab = await lendingTab('tab beside the one that posts anything')
    expect(await ask({ type: 'fuzz' })).toBe('ok')
    await tab.close()
    await ask({ type: 'lenders left', count: 0 })
  })

  test('a tab whose browser makes no more connections is skipped in favour of another one', async () => {
    const spent = await lendingTab('tab that uses up its process')
    const [name, made] = await spent.evaluate(() => {
      const held: RTCPeerConnection[] = []
      Object.assign(globalThis, { held })
      try {
        for (;;) held.push(new RTCPeerConnection())
      } catch (error) {
        return [(error as DOMException).name, held.length] as const
      }
    })
    console.log(`Chromium gives a process ${made} connections, then ${name}`)
    expect(name).toBe('UnknownError')
    const other = await lendingTab('tab that has room')
    expect(await ask({ type: 'run', title: 'strings and bytes go both ways and keep their order' })).toBe(
      'ok',
    )
    expect(await ask({ type: 'states' })).toEqual(['spent', 'able'])
    await spent.close()
    await other.close()
    await ask({ type: 'lenders left', count: 0 })
  })
})
