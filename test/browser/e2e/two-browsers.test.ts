import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type * as client from '../../../src/client/index.ts'
import { BROWSERS } from '../../support/browsers.ts'
import type { TestBrowser } from '../../support/chromium.ts'
import { connectLab, listenLab, makeLab } from '../../support/lab-page.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { LOCAL_MODE, startNodeBuild } from '../../support/node-build.ts'
import { until } from '../../support/until.ts'

const TOTAL_BYTES = 8_388_608

let files: Awaited<ReturnType<typeof makeLab>>
let node: NodeBuild
const browsers = new Map<string, TestBrowser>()

beforeAll(async () => {
  files = await makeLab()
  node = await startNodeBuild([...LOCAL_MODE, '-files', files.directory])
  for (const { name, start } of BROWSERS) browsers.set(name, await start())
})

afterAll(async () => {
  for (const browser of browsers.values()) await browser.close()
  await node?.stop()
  await files?.remove()
})

async function openLab(browser: string): Promise<Page> {
  const opened = await browsers.get(browser)?.open(`${node.origin}/lab.html`)
  if (opened === undefined) throw new Error(`${browser} does not run`)
  return opened.page
}

test.skipIf(BROWSERS.length < 2).each([
  ['Chromium', 'Firefox'],
  ['Firefox', 'Chromium'],
])('a page in %s sends to a page in %s over WebRTC, byte for byte', async (from, to) => {
  const listener = await openLab(to)
  const dialer = await openLab(from)
  const { peer } = await connectLab(listener)
  await listenLab(listener, '/x/two-browsers', 'hash')
  await connectLab(dialer)
  // Only a WebRTC address is given, so nothing else can have carried it.
  const addresses = await until('a WebRTC address', async () => {
    const { addresses } = await connectLab(listener)
    const direct = addresses.filter((address) => address.endsWith('/webrtc'))
    return direct.length > 0 ? direct : undefined
  })

  const hash = await dialer.evaluate(
    async (peer, addrs, totalBytes) => {
      const connection = await (lab['client'] as client.Client).dial({ peer, addrs }, '/x/two-browsers', {
        frames: false,
      })
      const payload = new Uint8Array(totalBytes)
      for (let start = 0; start < totalBytes; start += 65_536) {
        const chunk = crypto.getRandomValues(payload.subarray(start, start + 65_536))
        if (!connection.send(chunk)) await connection.drain()
      }
      connection.close()
      return [...new Uint8Array(await crypto.subtle.digest('SHA-256', payload))].join(' ')
    },
    peer,
    addresses,
    TOTAL_BYTES,
  )
  const received = await until('the whole payload and its end', () =>
    listener.evaluate(() => (lab['failure'] ?? lab['received']) as object | undefined),
  )
  expect(received).toEqual({ bytes: TOTAL_BYTES, hash, end: { reason: 'EOF', clean: true } })
  await listener.close()
  await dialer.close()
})

test.skipIf(BROWSERS.length < 2)('pages in two browsers find each other by a namespace', async () => {
  const pages = [await openLab('Chromium'), await openLab('Firefox')]
  const peers: string[] = []
  for (const page of pages) peers.push((await connectLab(page)).peer)
  const found = await Promise.all(
    pages.map((page) =>
      page.evaluate(async () => {
        const finder = (lab['client'] as client.Client).findPeers('two-browsers')
        const { value } = await finder[Symbol.asyncIterator]().next()
        if (value === undefined) throw new Error('the finder has ended')
        // A loopback or circuit address that came with the peer leads to it: a ping needs no listener.
        const connection = await (lab['client'] as client.Client).dial(value.peer, '/ipfs/ping/1.0.0')
        connection.close()
        return value.peer
      }),
    ),
  )
  expect(found).toEqual(peers.toReversed())
  for (const page of pages) await page.close()
})
