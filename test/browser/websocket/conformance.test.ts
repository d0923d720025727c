import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundle } from '../../support/bundle.ts'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import { cases } from './cases/index.ts'
import type { SuiteServer } from './server.ts'
import { NATIVE_PATH, startSuiteServer } from './server.ts'

declare const run: (base: string, title: string) => Promise<string | null>

/** What ours is known not to do: an event that a script dispatches leaves the script on the stack. */
const DIFFERENCES = ['microtasks run between two listeners of an event']

/** The browser's own class first: what it does not do is no promise of ours. */
const IMPLEMENTATIONS = [
  { name: "the browser's own WebSocket", page: '/native.html', base: NATIVE_PATH, differs: [] },
  {
    name: "the browser's own WebSocket, made by our constructor",
    page: '/ours.html',
    base: NATIVE_PATH,
    differs: [],
  },
  { name: 'our WebSocket', page: '/ours.html', base: '/ours/', differs: DIFFERENCES },
]

let server: SuiteServer
let chromium: Chromium

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
  chromium = await startChromium()
})

afterAll(async () => {
  await chromium?.close()
  await server?.close()
})

describe.each(IMPLEMENTATIONS)('$name in Chromium', ({ page: path, base, differs }) => {
  let page: Page

  beforeAll(async () => {
    page = (await chromium.open(server.origin + path)).page
  })

  for (const title of Object.keys(cases)) {
    test(title, { fails: differs.includes(title) }, async () => {
      const failure = await page.evaluate((base, title) => run(base, title), base, title)
      expect(failure).toBeNull()
    })
  }
})

test('no socket of ours reached the network', () => {
  expect(server.strays).toEqual([])
})
