import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestedBrowser } from '../../support/browsers.ts'
import { BROWSERS } from '../../support/browsers.ts'
import type { TestBrowser } from '../../support/chromium.ts'
import type { Site } from '../../support/site.ts'
import { Tally } from '../../support/tally.ts'
import type { Kind, suite as suiteType } from './page-entry.ts'
import { serveRtc } from './serve-rtc.ts'
import { cases } from './suite/index.ts'

declare const rtc: { suite: typeof suiteType }

/**
 * Where a browser's own classes don't follow the standard, these cases don't count. Ours pass those that they
 * decide themselves, and fail those that the browser beneath them decides.
 */
const NATIVE_FAILS: Record<TestedBrowser['name'], { byClass: string[]; byBrowser: string[] }> = {
  Chromium: { byClass: [], byBrowser: [] },
  Firefox: {
    byClass: [
      'getConfiguration and setConfiguration keep their values',
      'a full send queue throws OperationError and keeps the channel open',
      'send before open and after close throws InvalidStateError, without an argument TypeError',
      'a bad configuration throws from the constructor',
      'descriptions and candidates check their arguments',
    ],
    byBrowser: [
      'closing a connection closes its channels here, and with an error at the other end',
      'bad SDP rejects with OperationError, a bad type with TypeError',
    ],
  },
}

const NATIVE = 'the browser’s own classes'

/** The browser's own classes come first: what they don't do is not expected of ours. */
const PAIRS: { name: string; a: Kind; b: Kind }[] = [
  { name: NATIVE, a: 'native', b: 'native' },
  { name: 'borrowed in a page against the browser’s own', a: 'worker pump', b: 'native' },
  { name: 'the browser’s own against borrowed in a page', a: 'native', b: 'worker pump' },
  { name: 'borrowed on both ends, where the page must pump itself', a: 'page pump', b: 'page pump' },
]
const IN_WORKER = 'borrowed on both ends inside a SharedWorker'

const titles = Object.keys(cases)
const tally = new Tally(NATIVE)
let site: Site

beforeAll(async () => {
  site = await serveRtc()
})

afterAll(async () => {
  await site?.close()
  console.log(`WebRTC conformance\n${tally.lines().join('\n')}`)
})

describe.each(BROWSERS)('in $name', ({ name: browserName, start }) => {
  let browser: TestBrowser
  let page: Page
  let lines: string[]

  beforeAll(async () => {
    browser = await start()
    ;({ page, lines } = await browser.open(`${site.origin}/index.html`))
  })

  afterAll(() => browser?.close())

  describe.each(PAIRS)('$name', ({ name, a, b }) => {
    beforeAll(() => tally.begin(browserName, name))

    const { byClass, byBrowser } = NATIVE_FAILS[browserName]
    const failing = new Set([...byBrowser, ...(a === 'native' ? byClass : [])])

    for (const title of titles) {
      test(title, { fails: failing.has(title) }, async () => {
        const result = await page.evaluate(async (title, a, b) => rtc.suite.run(title, a, b), title, a, b)
        if (result === 'ok') tally.pass(browserName, name, title)
        expect(result).toBe('ok')
      })
    }
  })

  describe(IN_WORKER, () => {
    beforeAll(async () => {
      tally.begin(browserName, IN_WORKER)
      await page.evaluate(async () => rtc.suite.lend('/worker.js', 'tab one'))
    })

    for (const title of titles) {
      test(title, { fails: NATIVE_FAILS[browserName].byBrowser.includes(title) }, async () => {
        const result = await page.evaluate(
          async (title) => rtc.suite.ask('/worker.js', { type: 'run', title }),
          title,
        )
        if (result === 'ok') tally.pass(browserName, IN_WORKER, title)
        expect(result).toBe('ok')
      })
    }
  })

  describe('after the suite', () => {
    test('data took the expected path, nothing was ignored, and no connection is left', async () => {
      const facts = async (kind: Kind): Promise<object> =>
        page.evaluate((kind) => rtc.suite.facts(kind), kind)
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

    test("the page's console has only the errors that the cases throw themselves", () => {
      const unexpected = lines.filter(
        (line) =>
          !/a handler of the page threw|not a valid enum value|404 \(Not Found\)|disallowed MIME type/.test(
            line,
          ),
      )
      expect(unexpected).toEqual([])
    })
  })
})

test('every case that is expected to fail exists', () => {
  const expected = Object.values(NATIVE_FAILS).flatMap(({ byClass, byBrowser }) => byClass.concat(byBrowser))
  expect(expected.filter((title) => !titles.includes(title))).toEqual([])
})
