import type { Page } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type * as client from '../../../src/client/index.ts'
import { diagnose } from '../../../src/status/index.ts'
import { BROWSERS } from '../../support/browsers.ts'
import type { TestBrowser } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import { connectLab, listenLab, makeLab, reportOf } from '../../support/lab-page.ts'
import type { StaticHost } from '../../support/static-host.ts'
import { startStaticHost } from '../../support/static-host.ts'
import { copyPageScripts } from '../../support/page-scripts.ts'
import { until } from '../../support/until.ts'

let files: Awaited<ReturnType<typeof makeLab>>
let host: StaticHost
let browser: TestBrowser

beforeAll(async () => {
  files = await makeLab()
  await copyPageScripts(files.directory)
  host = await startStaticHost(files.directory, '/')
  host.put('network.json', { type: 'application/json', body: '{}' })
  host.put('clear.html', {
    type: 'text/html',
    body: '<!doctype html><title>cleared</title>',
    headers: { 'clear-site-data': '"storage"' },
  })
})

afterAll(async () => {
  await host?.close()
  await files?.remove()
})

afterEach(async () => {
  await browser?.close()
})

const open = async (name = 'lab.html'): Promise<Page> =>
  (await browser.open(`http://127.0.0.1:${host.port}/${name}`)).page

/** Opens a tab that starts the peer, clears the site's data, and opens another tab. */
async function openBeforeAndAfter(): Promise<{ before: Page; after: Page; peer: string }> {
  const before = await open()
  const { peer } = await connectLab(before)
  await open('clear.html')
  return { before, after: await open(), peer }
}

const listens = (page: Page, protocol: string): Promise<boolean> =>
  page.evaluate(
    (protocol) =>
      (lab['client'] as client.Client).listen(protocol).then(
        () => true,
        () => false,
      ),
    protocol,
  )

async function echoed(page: Page, peer: string, protocol: string): Promise<string | undefined> {
  return await page.evaluate(
    async (peer, protocol) => {
      const connection = await (lab['client'] as client.Client).dial(peer, protocol)
      connection.send(new TextEncoder().encode('hello'))
      for await (const message of connection) return new TextDecoder().decode(message)
      return undefined
    },
    peer,
    protocol,
  )
}

describe.each(BROWSERS)('after the site’s data was cleared in $name', ({ start }) => {
  test('a new tab reaches the running peer, and can connect to the older tabs', async () => {
    browser = await start()
    const { before, after, peer } = await openBeforeAndAfter()
    expect((await connectLab(after)).peer).toBe(peer)
    await listenLab(before, '/x/before', 'echo')
    await listenLab(after, '/x/after', 'echo')
    expect(await echoed(after, peer, '/x/before')).toBe('hello')
    expect(await echoed(before, peer, '/x/after')).toBe('hello')
  })

  test('pages learn that the peer’s key is no longer stored', async () => {
    browser = await start()
    const { before, after } = await openBeforeAndAfter()
    await connectLab(after)
    await until('the finding', async () => {
      const { status } = await reportOf(before)
      return diagnose(status).some(({ id }) => id === 'identity-deleted')
    })
  })
})

// Firefox keeps the locks when a site's data is cleared.
describe('a tab with other locks than the worker', () => {
  test('is released after a crash, so that its protocols are free again', async () => {
    browser = await startChromium()
    const { before, after } = await openBeforeAndAfter()
    await connectLab(after)
    await listenLab(after, '/x/free', 'echo')
    expect(await listens(before, '/x/free')).toBe(false)
    const session = await after.createCDPSession()
    session.send('Page.crash').catch(() => undefined)
    await until('the protocol to be free', () => listens(before, '/x/free'), 60_000)
  })

  test('notices when the worker has died, and its next socket reaches a new peer', async () => {
    browser = await startChromium()
    const { before, after, peer } = await openBeforeAndAfter()
    await connectLab(after)
    await after.evaluate(() => {
      void (lab['client'] as client.Client).closed.then(() => {
        lab['ended'] = true
      })
    })
    const devtools = await browser.browser.target().createCDPSession()
    const { targetInfos } = await devtools.send('Target.getTargets')
    const worker = targetInfos.find(({ type }) => type === 'shared_worker')
    await devtools.send('Target.closeTarget', { targetId: worker?.targetId ?? '' })
    await until('the end of its sockets', () => after.evaluate(() => lab['ended'] === true))
    const next = await connectLab(after)
    expect(next.peer).not.toBe(peer)
    expect((await connectLab(before)).peer).toBe(next.peer)
  })
})
