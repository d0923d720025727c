import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import type { Site } from '../../support/site.ts'
import type { Kind, suite as suiteType } from './page-entry.ts'
import { serveRtc } from './serve-rtc.ts'
import { cases } from './suite/index.ts'

declare const rtc: { suite: typeof suiteType }

let site: Site
let chromium: Chromium
let page: Page
let lines: string[]

beforeAll(async () => {
  site = await serveRtc()
  chromium = await startChromium()
  ;({ page, lines } = await chromium.open(`${site.origin}/index.html`))
})

afterAll(async () => {
  await chromium?.close()
  await site?.close()
})

const titles = Object.keys(cases)

async function run(title: string, a: Kind, b: Kind): Promise<string> {
  return page.evaluate(async (title, a, b) => rtc.suite.run(title, a, b), title, a, b)
}

describe('the browser’s own classes, the reference', () => {
  test.each(titles)('%s', async (title) => {
    expect(await run(title, 'native', 'native')).toBe('ok')
  })
})

describe('borrowed in a page against the browser’s own', () => {
  test.each(titles)('%s', async (title) => {
    expect(await run(title, 'worker pump', 'native')).toBe('ok')
  })
})

describe('the browser’s own against borrowed in a page', () => {
  test.each(titles)('%s', async (title) => {
    expect(await run(title, 'native', 'worker pump')).toBe('ok')
  })
})

describe('borrowed on both ends, where the page must pump itself', () => {
  test.each(titles)('%s', async (title) => {
    expect(await run(title, 'page pump', 'page pump')).toBe('ok')
  })
})

describe('borrowed on both ends inside a SharedWorker', () => {
  beforeAll(async () => {
    await page.evaluate(async () => rtc.suite.lend('/worker.js', 'tab one'))
  })

  test.each(titles)('%s', async (title) => {
    const result = await page.evaluate(
      async (title) => rtc.suite.ask('/worker.js', { type: 'run', title }),
      title,
    )
    expect(result).toBe('ok')
  })
})

describe('after the suite', () => {
  test('data flowed where it should, nothing was ignored, and no connection is left', async () => {
    const facts = async (kind: Kind): Promise<object> => page.evaluate((kind) => rtc.suite.facts(kind), kind)
    expect(await facts('worker pump')).toEqual({
      pumpPlace: 'worker',
      inPage: false,
      connections: 0,
      ignored: [0, 0],
    })
    expect(await facts('page pump')).toEqual({
      pumpPlace: 'page',
      inPage: true,
      connections: 0,
      ignored: [0, 0],
    })
  })

  test('the page’s console has only the errors that the cases throw themselves', () => {
    const unexpected = lines.filter(
      (line) => !/a handler of the page threw|not a valid enum value|404 \(Not Found\)/.test(line),
    )
    expect(unexpected).toEqual([])
  })
})
