import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundle } from '../../support/bundle.ts'
import type { TestBrowser } from '../../support/chromium.ts'
import type { Site } from '../../support/site.ts'
import { serveSite } from '../../support/site.ts'
import { until } from '../../support/until.ts'
import { BROWSERS } from '../../support/browsers.ts'

declare const model: (runs: number) => Promise<string | null>

let site: Site

beforeAll(async () => {
  const here = 'test/browser/websocket/page'
  site = await serveSite({
    '/patched.html': '<!doctype html><title>started</title><script src="/patched.js"></script>',
    '/model.html': '<!doctype html><title>model</title><script src="/model.js"></script>',
    '/patched.js': await bundle(`${here}/patched.ts`),
    '/model.js': await bundle(`${here}/model.ts`),
    '/echo-worker.js': await bundle(`${here}/echo-worker.ts`),
  })
})

afterAll(() => site?.close())

describe.each(BROWSERS)('in $name', ({ start }) => {
  let browser: TestBrowser

  beforeAll(async () => {
    browser = await start()
  })

  afterAll(() => browser?.close())

  test('a page that breaks its globals after the constructor was created does not break its sockets', async () => {
    const { page, lines } = await browser.open(`${site.origin}/patched.html`)
    const title = await until('the title to have the result', async () => {
      const now = await page.title()
      return now !== 'started' && now
    }).catch((error: unknown) => {
      throw new Error(lines.join('\n'), { cause: error })
    })
    expect(title).toBe('open chat é bytes bytes closed 3 0')
  })

  test('random lives of a socket agree with a model', async () => {
    const { page } = await browser.open(`${site.origin}/model.html`)
    expect(await page.evaluate(() => model(300))).toBeNull()
  })
})
