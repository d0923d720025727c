import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BROWSERS } from '../../support/browsers.ts'
import type { TestBrowser } from '../../support/chromium.ts'
import type { Site } from '../../support/site.ts'
import type { Meeting } from './meeting.ts'
import type { suite as suiteType } from './page-entry.ts'
import { serveRtc } from './serve-rtc.ts'

declare const rtc: { suite: typeof suiteType }

const TOTAL_BYTES = 4_194_304
/** With a Firefox at the other end, about one in three such closes is lost. */
const CLOSED_AT_ONCE = 20

/**
 * One end of a connection between two browsers, held by a page with the browser's own classes or by a
 * SharedWorker with ours.
 */
interface End {
  name: string
  browser: string
  isOurs: boolean
  /** What ours can do, and Chromium's own classes can't if Firefox is the other end. */
  closeChannelsAtOnce?(count: number): Promise<unknown>
  describe(offer?: RTCSessionDescriptionInit): Promise<RTCSessionDescriptionInit>
  accept(answer: RTCSessionDescriptionInit): Promise<void>
  exchange(): Promise<Meeting>
  close(): Promise<void>
}

let site: Site
const browsers: TestBrowser[] = []
const pages = new Map<string, Page>()

beforeAll(async () => {
  site = await serveRtc()
  for (const { name, start } of BROWSERS) {
    const browser = await start()
    browsers.push(browser)
    const { page } = await browser.open(`${site.origin}/index.html`)
    pages.set(name, page)
    await page.evaluate(async () => rtc.suite.lend('/worker.js', 'the tab'))
  }
})

afterAll(async () => {
  for (const browser of browsers) await browser.close()
  await site?.close()
})

function pageOf(browser: string): Page {
  const page = pages.get(browser)
  if (page === undefined) throw new Error(`${browser} does not run`)
  return page
}

function native(browser: string): End {
  return {
    name: `${browser}’s own`,
    browser,
    isOurs: false,
    describe: async (offer) => pageOf(browser).evaluate(async (offer) => rtc.suite.describe(offer), offer),
    accept: async (answer) => pageOf(browser).evaluate(async (answer) => rtc.suite.accept(answer), answer),
    exchange: async () =>
      (await pageOf(browser).evaluate(async (bytes) => rtc.suite.exchange(bytes), TOTAL_BYTES)) as Meeting,
    close: async () => pageOf(browser).evaluate(() => rtc.suite.endMeeting()),
  }
}

function ours(browser: string): End {
  const ask = async (request: object): Promise<unknown> =>
    pageOf(browser).evaluate(async (request) => rtc.suite.ask('/worker.js', request), request)
  return {
    name: `${browser}’s SharedWorker`,
    browser,
    isOurs: true,
    describe: async (offer) =>
      (await ask({
        type: 'describe',
        ...(offer === undefined ? {} : { offer }),
      })) as RTCSessionDescriptionInit,
    accept: async (answer) => void (await ask({ type: 'accept', answer })),
    exchange: async () => (await ask({ type: 'exchange', totalBytes: TOTAL_BYTES })) as Meeting,
    closeChannelsAtOnce: async (count) => ask({ type: 'close channels at once', count }),
    close: async () => void (await ask({ type: 'end meeting' })),
  }
}

const ends = BROWSERS.flatMap(({ name }) => [native(name), ours(name)])
const meetings = ends.flatMap((one) =>
  ends.filter(({ browser }) => browser !== one.browser).map((two) => ({ one, two })),
)
// The browsers' own classes come first: what they can't do is not expected of ours.
meetings.sort((a, b) => Number(a.one.isOurs || a.two.isOurs) - Number(b.one.isOurs || b.two.isOurs))

describe('two different browsers', () => {
  test.each(meetings.map(({ one, two }) => [`${one.name} offers, ${two.name} answers`, one, two] as const))(
    '%s',
    async (_, one, two) => {
      await one.accept(await two.describe(await one.describe()))
      const seen = await Promise.all([one.exchange(), two.exchange()])
      await Promise.all([one.close(), two.close()])
      const whole = { states: ['connected', 'open'], received: { bytes: TOTAL_BYTES, isWhole: true } }
      expect(seen).toEqual([whole, whole])
    },
  )

  test.each(
    meetings
      .filter(({ one }) => one.isOurs)
      .map(({ one, two }) => [`${one.name}, with ${two.name} at the other end`, one, two] as const),
  )('a channel that is closed as soon as it is open fires close: %s', async (_, one, two) => {
    await one.accept(await two.describe(await one.describe()))
    await Promise.all([one.exchange(), two.exchange()])
    expect(await one.closeChannelsAtOnce?.(CLOSED_AT_ONCE)).toBe(CLOSED_AT_ONCE)
    await Promise.all([one.close(), two.close()])
  })
})
