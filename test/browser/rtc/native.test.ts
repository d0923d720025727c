import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BROWSERS } from '../../support/browsers.ts'
import type { TestBrowser } from '../../support/chromium.ts'
import type { Site } from '../../support/site.ts'
import type { suite as suiteType } from './page-entry.ts'
import { serveRtc } from './serve-rtc.ts'

declare const rtc: { suite: typeof suiteType }

let site: Site

beforeAll(async () => {
  site = await serveRtc()
})

afterAll(() => site?.close())

describe.each(BROWSERS)('the borrowed classes in a SharedWorker of $name', ({ start }) => {
  let browser: TestBrowser
  let page: Page

  beforeAll(async () => {
    browser = await start()
    ;({ page } = await browser.open(`${site.origin}/index.html`))
    await page.evaluate(async () => rtc.suite.lend('/worker.js', 'tab that lends'))
  })

  afterAll(() => browser?.close())

  test('take and refuse the configurations that the browser’s own classes take and refuse, with the same errors', async () => {
    const own = await page.evaluate(async () => rtc.suite.configurationOutcomes())
    const borrowed = await page.evaluate(async () =>
      rtc.suite.ask('/worker.js', { type: 'configuration outcomes' }),
    )
    expect(Object.keys(own).length).toBeGreaterThan(300)
    expect(borrowed).toEqual(own)
  })
})
