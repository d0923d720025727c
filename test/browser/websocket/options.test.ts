import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundle } from '../../support/bundle.ts'
import { BROWSERS } from '../../support/browsers.ts'
import type { TestBrowser } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import type { OptionsFunctions } from './page/options.ts'
import type { SuiteServer } from './server.ts'
import { NATIVE_PATH, OURS_PATH, startSuiteServer } from './server.ts'

declare const outcomes: OptionsFunctions['outcomes']

/** What Chromium has behind a flag: an options object with `protocols` and `targetAddressSpace`. */
const FLAG = '--enable-blink-features=WebSocketOptionBag,LocalNetworkAccessWebSocketsTargetAddressSpace'

const TESTED = [
  ...BROWSERS.map(({ name, start }) => ({ name, start, understands: false })),
  { name: 'Chromium with options', start: () => startChromium(FLAG), understands: true },
]

let server: SuiteServer

beforeAll(async () => {
  const here = 'test/browser/websocket/page'
  server = await startSuiteServer({
    '/native.html': '<!doctype html><title>native</title><script src="/options.js"></script>',
    '/ours.html':
      '<!doctype html><title>ours</title><script src="/install.js"></script><script src="/options.js"></script>',
    '/install.js': await bundle(`${here}/install.ts`),
    '/worker.js': await bundle(`${here}/worker.ts`),
    '/options.js': await bundle(`${here}/options.ts`),
  })
})

afterAll(() => server?.close())

describe.each(TESTED)('in $name', ({ start, understands }) => {
  let browser: TestBrowser
  let own: Record<string, string>
  let ours: Page

  beforeAll(async () => {
    browser = await start()
    const { page } = await browser.open(`${server.origin}/native.html`)
    own = await page.evaluate((base) => outcomes(base), NATIVE_PATH)
    ours = (await browser.open(`${server.origin}/ours.html`)).page
  })

  afterAll(() => browser?.close())

  test(`the browser's own class ${understands ? 'takes' : 'does not take'} an options object`, () => {
    expect(own['protocols in an object'] === 'open b').toBe(understands)
  })

  test("for our URLs, the second argument means the same as to the browser's own class", async () => {
    // Chromium offers the protocol "undefined" if a third argument follows, against the standard.
    const wanted = { ...own, 'an empty object as third': 'open ' }
    expect(await ours.evaluate((base) => outcomes(base), OURS_PATH)).toEqual(wanted)
  })

  test("for every other URL, the browser's own class gets the whole second argument", async () => {
    expect(await ours.evaluate((base) => outcomes(base), NATIVE_PATH)).toEqual(own)
  })
})
