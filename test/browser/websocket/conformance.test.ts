import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundle } from '../../support/bundle.ts'
import type { TestBrowser } from '../../support/chromium.ts'
import type { TestedBrowser } from '../../support/browsers.ts'
import { BROWSERS } from '../../support/browsers.ts'
import { cases } from './cases/index.ts'
import type { SuiteServer } from './server.ts'
import { NATIVE_PATH, OURS_PATH, startSuiteServer } from './server.ts'
import { Tally } from '../../support/tally.ts'

declare const run: (base: string, title: string) => Promise<string | null>

/**
 * Where a browser's own class doesn't follow the standard. These cases don't count there, but ours must pass
 * them. If a browser starts to pass one, the test fails, so that this list stays true.
 */
const NATIVE_FAILS: Record<TestedBrowser['name'], string[]> = {
  Chromium: [
    'close codes are clamped to their range and rounded, halves to even',
    'a reason without a code is checked, and is not sent',
  ],
  Firefox: [
    'a relative URL is resolved against the base element',
    'a relative URL is resolved against the current URL of the page',
    'an empty URL is the base URL',
    'protocols offered and none chosen fail the connection',
  ],
}

/** What ours doesn't do, in any browser; `docs/websocket.md` explains why. */
const OURS_FAILS = ['microtasks run between two listeners of an event']

const NATIVE = "the browser's own WebSocket"

/** The browser's own class comes first: what it doesn't do is not expected of ours. */
const IMPLEMENTATIONS = [
  { name: NATIVE, page: '/native.html', base: NATIVE_PATH, isOurs: false },
  { name: `${NATIVE}, made by our constructor`, page: '/ours.html', base: NATIVE_PATH, isOurs: false },
  { name: 'our WebSocket', page: '/ours.html', base: OURS_PATH, isOurs: true },
]

const tally = new Tally(NATIVE)
let server: SuiteServer

beforeAll(async () => {
  const here = 'test/browser/websocket/page'
  server = await startSuiteServer({
    '/native.html': '<!doctype html><title>native</title><script src="/run.js"></script>',
    '/ours.html':
      '<!doctype html><title>ours</title><script src="/install.js"></script><script src="/run.js"></script>',
    '/install.js': await bundle(`${here}/install.ts`),
    '/worker.js': await bundle(`${here}/worker.ts`),
    '/run.js': await bundle(`${here}/run.ts`),
  })
})

afterAll(async () => {
  await server?.close()
  console.log(`WebSocket conformance\n${tally.lines().join('\n')}`)
})

describe.each(BROWSERS)('in $name', ({ name: browserName, start }) => {
  let browser: TestBrowser

  beforeAll(async () => {
    browser = await start()
  })

  afterAll(() => browser?.close())

  describe.each(IMPLEMENTATIONS)('$name', ({ name, page: path, base, isOurs }) => {
    const fails = isOurs ? OURS_FAILS : NATIVE_FAILS[browserName]
    let page: Page

    beforeAll(async () => {
      tally.begin(browserName, name)
      page = (await browser.open(server.origin + path)).page
    })

    for (const title of Object.keys(cases)) {
      test(title, { fails: fails.includes(title) }, async () => {
        const failure = await page.evaluate((base, title) => run(base, title), base, title)
        if (failure === null) tally.pass(browserName, name, title)
        expect(failure).toBeNull()
      })
    }
  })
})

test('every case that is expected to fail exists', () => {
  const expected = [...Object.values(NATIVE_FAILS).flat(), ...OURS_FAILS]
  expect(expected.filter((title) => !(title in cases))).toEqual([])
})

test('no socket of ours reached the network', () => {
  expect(server.strays).toEqual([])
})
