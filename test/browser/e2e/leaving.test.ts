import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type * as client from '../../../src/client/index.ts'
import { BROWSERS } from '../../support/browsers.ts'
import type { TestBrowser } from '../../support/chromium.ts'
import { connectLab, makeLab } from '../../support/lab-page.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { LOCAL_MODE, startNodeBuild } from '../../support/node-build.ts'
import { until } from '../../support/until.ts'

const PROTOCOL = '/x/leaving'

let files: Awaited<ReturnType<typeof makeLab>>
let node: NodeBuild

beforeAll(async () => {
  files = await makeLab()
  node = await startNodeBuild([...LOCAL_MODE, '-files', files.directory])
})

afterAll(async () => {
  await node?.stop()
  await files?.remove()
})

/** Dials the host over WebRTC, and sends a message that nobody has acknowledged when the page leaves. */
async function joinHost(guest: Page, host: Page): Promise<void> {
  const target = await until('a WebRTC address', async () => {
    const { peer, addresses } = await connectLab(host)
    return addresses.some((address) => address.endsWith('/webrtc')) ? { peer, addrs: addresses } : undefined
  })
  await connectLab(guest)
  await host.evaluate(async (protocol) => {
    const listener = await (lab['client'] as client.Client).listen(protocol)
    void (async () => {
      for await (const connection of listener) {
        lab['connection'] = connection
        void connection.closed.then((end) => (lab['end'] = end))
      }
    })()
  }, PROTOCOL)
  await guest.evaluate(
    async (target, protocol) => {
      const connection = await (lab['client'] as client.Client).dial(target, protocol)
      connection.send(new Uint8Array(3))
      lab['connection'] = connection
    },
    target,
    PROTOCOL,
  )
  for (const page of [host, guest]) {
    await until('a direct link', () =>
      page.evaluate(() => (lab['connection'] as client.Connection | undefined)?.link === 'direct'),
    )
  }
}

describe.each(BROWSERS.map(({ name, start }) => [name, start] as const))('a guest in %s', (_, start) => {
  const browsers: TestBrowser[] = []
  beforeAll(async () => {
    for (let count = 0; count < 2; count += 1) browsers.push(await start())
  })
  afterAll(async () => {
    for (const browser of browsers) await browser.close()
  })

  test.each([
    ['closes its only tab', 1, (guest: Page) => guest.close()],
    ['navigates away', 1, (guest: Page) => guest.goto('about:blank')],
    ['closes one of two tabs', 2, (guest: Page) => guest.close()],
  ])('that %s ends its connection at once', async (_, tabs, leave) => {
    const open = async (index: number): Promise<Page> => {
      const opened = await browsers[index]?.open(`${node.origin}/lab.html`)
      if (opened === undefined) throw new Error('the browser does not run')
      return opened.page
    }
    const host = await open(0)
    const others: Page[] = []
    for (let count = 1; count < tabs; count += 1) others.push(await open(1))
    for (const page of others) await connectLab(page)
    const guest = await open(1)
    await joinHost(guest, host)
    await leave(guest)
    const end = await until('the end', () => host.evaluate(() => lab['end'] as object | undefined))
    expect(end).toEqual({ reason: 'the other side reset the stream', clean: false })
    for (const page of [host, guest, ...others]) if (!page.isClosed()) await page.close()
  })
})
