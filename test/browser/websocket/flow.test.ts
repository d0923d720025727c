import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_WINDOW_BYTES } from '../../../src/websocket/index.ts'
import { bundle } from '../../support/bundle.ts'
import type { TestBrowser } from '../../support/chromium.ts'
import { BROWSERS } from '../../support/browsers.ts'
import type { FlowFunctions } from './page/flow.ts'
import type { SuiteServer } from './server.ts'
import { startSuiteServer } from './server.ts'

declare const pour: FlowFunctions['pour']
declare const hold: FlowFunctions['hold']
declare const stuck: FlowFunctions['stuck']
declare const closeStuck: FlowFunctions['closeStuck']
declare const small: FlowFunctions['small']
declare const lastWords: FlowFunctions['lastWords']
declare const earlyEnds: FlowFunctions['earlyEnds']
declare const failAll: FlowFunctions['failAll']

let server: SuiteServer

beforeAll(async () => {
  const here = 'test/browser/websocket/page'
  server = await startSuiteServer({
    '/flow.html':
      '<!doctype html><title>flow</title><script src="/install.js"></script><script src="/flow.js"></script>',
    '/install.js': await bundle(`${here}/install.ts`),
    '/worker.js': await bundle(`${here}/flow-worker.ts`),
    '/flow.js': await bundle(`${here}/flow.ts`),
  })
})

afterAll(() => server?.close())

describe.each(BROWSERS)('in $name', ({ start }) => {
  let browser: TestBrowser
  let page: Page

  beforeAll(async () => {
    browser = await start()
    page = (await browser.open(`${server.origin}/flow.html`)).page
  })

  afterAll(() => browser?.close())

  test('a page that blocks gets all 64 MB, and the worker never has more than a window and two messages waiting', async () => {
    const bytes = 67_108_864
    const chunk = 65_536
    const told = await page.evaluate((bytes, chunk) => pour(bytes, chunk, 300), bytes, chunk)
    expect(told.received).toBe(bytes)
    expect(told.receivedSha).toBe(told.sha)
    expect(told.peak).toBeGreaterThan(0)
    expect(told.peak).toBeLessThanOrEqual(DEFAULT_WINDOW_BYTES + 2 * chunk)
  })

  test('messages larger than the window pass one by one', async () => {
    const chunk = 3_000_000
    const told = await page.evaluate((chunk) => pour(4 * chunk, chunk, 0), chunk)
    expect(told.receivedSha).toBe(told.sha)
    expect(told.peak).toBeLessThanOrEqual(2 * chunk)
  })

  test('bufferedAmount counts what the worker has not handled, and the worker holds one window and a message', async () => {
    const bytes = 16_777_216
    const chunk = 65_536
    const told = await page.evaluate((bytes, chunk) => hold(bytes, chunk), bytes, chunk)
    expect(told.amountWhileHeld).toBe(bytes)
    expect(told.held).toBeLessThanOrEqual(DEFAULT_WINDOW_BYTES + chunk)
    expect(told.amountAfter).toBe(0)
    expect(told.sha).toBe(told.wanted)
  })

  test('a socket that is stuck does not stop the others', async () => {
    const told = await page.evaluate(() => stuck())
    expect(told.answers).toEqual(Array.from({ length: 10 }, (_, index) => `to ${index}`))
    expect(told.amount).toBe(8_000_000)
  })

  test('a close that times out ends with 1006, without error, and unread bytes still count', async () => {
    const told = await page.evaluate(() => closeStuck())
    expect(told).toEqual({ code: 1006, wasClean: false, failed: false, stranded: 3, open: 0 })
  })

  test('twenty thousand small messages come back, and none is lost', async () => {
    const told = await page.evaluate(() => small(20_000))
    expect([told.got, told.amountAfter]).toEqual([20_000, 0])
  })

  test('a message that is sent right before a port is closed arrives', async () => {
    const words = [0, 1, 2, 3, 4].map((number) => `word ${number}`).join(', ')
    expect(await page.evaluate(() => lastWords(100))).toEqual([
      'refuse: error, 1006 false',
      `words-and-close: open, ${words}, 4000 true`,
      `words-and-drop: open, ${words}, 1006 false`,
    ])
  })

  test('the worker learns of every socket that its page ends, immediately', async () => {
    expect(await page.evaluate(() => earlyEnds(100))).toEqual([
      '/ours/closed-at-once 4000 true',
      '/ours/given-up 1006 false',
      '/ours/given-up-early 1006 false',
    ])
  })

  test('failAll gives every socket an error and close 1006, in separate tasks, and informs the worker', async () => {
    const told = await page.evaluate(() => failAll())
    expect([told.during - told.before, told.after, told.early, told.lost]).toEqual([3, 0, 0, 4])
    expect(told.events).toEqual(
      ['observer', 'silent', 'opened', 'closing'].flatMap((name) => [
        `${name} error 3`,
        `${name} close 1006  false`,
      ]),
    )
    expect(told.ended).toBeGreaterThanOrEqual(3)
  })
})
