import { readFile } from 'node:fs/promises'
import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BROWSERS } from '../../support/browsers.ts'
import type { TestBrowser } from '../../support/chromium.ts'
import type { Site } from '../../support/site.ts'
import type { Comparison } from './native/index.ts'
import type { suite as suiteType } from './page-entry.ts'
import { serveRtc } from './serve-rtc.ts'

declare const rtc: { suite: typeof suiteType }

type Results = Record<string, unknown>

let site: Site

beforeAll(async () => {
  site = await serveRtc()
})

afterAll(() => site?.close())

/** Those of `results` that `other` has too. */
function common(results: Results, other: Results): Results {
  return Object.fromEntries(Object.entries(results).filter(([title]) => title in other))
}

/** Those of `results` that `other` doesn't have. */
function missing(results: Results, other: Results): string[] {
  return Object.keys(results).filter((title) => !(title in other))
}

describe.each(BROWSERS)('the borrowed classes in a SharedWorker of $name', ({ start }) => {
  let browser: TestBrowser
  let page: Page

  beforeAll(async () => {
    browser = await start()
    ;({ page } = await browser.open(`${site.origin}/index.html`))
    await page.evaluate(async () => rtc.suite.lend('/worker.js', 'tab that lends'))
  })

  afterAll(() => browser?.close())

  async function both(what: Comparison): Promise<{ own: Results; borrowed: Results }> {
    const own = await page.evaluate(async (what) => rtc.suite.compare(what), what)
    const borrowed = await page.evaluate(
      async (what) => rtc.suite.ask('/worker.js', { type: 'compare', what }),
      what,
    )
    return { own, borrowed: borrowed as Results }
  }

  test("accept and reject the same configurations as the browser's own classes, with the same errors", async () => {
    const { own, borrowed } = await both('configurations')
    expect(Object.keys(own).length).toBeGreaterThan(300)
    expect(borrowed).toEqual(own)
  })

  test("check arguments, and the object that a member is used on, like the browser's own classes", async () => {
    const { own, borrowed } = await both('constructors')
    expect(Object.keys(own).length).toBeGreaterThan(1000)
    expect(common(borrowed, own)).toEqual(common(own, borrowed))
  })

  test("have members of the same kind, in the same place and with the same names as the browser's own classes", async () => {
    const { own, borrowed } = await both('shapes')
    expect(common(borrowed, own)).toEqual(common(own, borrowed))
  })

  test("lack no member of the browser's own classes except the documented ones, and add none", async () => {
    const { own, borrowed } = await both('shapes')
    const text = await readFile('docs/webrtc-in-workers.md', 'utf8')
    const section = text.split('These are absent')[1]?.split('\n## ')[0] ?? ''
    const named = new Set([...section.matchAll(/`(?<name>\w+)`/g)].map(({ groups }) => groups?.['name']))
    const lacking = missing(own, borrowed)
    expect(lacking.length).toBeGreaterThan(0)
    expect(lacking.filter((place) => !named.has(place.split('.').at(-1)))).toEqual([])
    // In the standard, and not yet in Firefox.
    const ahead = new Set(['RTCIceCandidate.prototype.relayProtocol', 'RTCIceCandidate.prototype.url'])
    expect(missing(borrowed, own).filter((place) => !ahead.has(place))).toEqual([])
  })
})
