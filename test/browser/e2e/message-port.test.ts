import type * as comlink from 'comlink'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import { connectLab, makeLab } from '../../support/lab-page.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { LOCAL_MODE, startNodeBuild } from '../../support/node-build.ts'
import { until } from '../../support/until.ts'

declare global {
  var Comlink: typeof comlink
}

const PROTOCOL = '/x/comlink'

/** What one page offers to the other. */
interface Api {
  each(values: string[], call: (value: string) => Promise<void>): Promise<number>
}

const browsers: Chromium[] = []
let files: Awaited<ReturnType<typeof makeLab>> | undefined
let site: NodeBuild | undefined

beforeAll(async () => {
  files = await makeLab()
  site = await startNodeBuild([...LOCAL_MODE, '-files', files.directory])
  browsers.push(await startChromium(), await startChromium())
})

afterAll(async () => {
  await Promise.all(browsers.map(async (browser) => await browser.close()))
  await site?.stop()
  await files?.remove()
})

test('comlink calls a page in another browser, and is called back', async () => {
  const pages = []
  for (const browser of browsers) {
    const { page } = await browser.open(`${site?.origin}/lab.html`)
    await page.addScriptTag({ path: 'node_modules/comlink/dist/umd/comlink.js' })
    pages.push({ page, ...(await connectLab(page)) })
  }
  const [near, far] = pages
  if (near === undefined || far === undefined) throw new Error('there are two pages')
  await far.page.evaluate(async (protocol) => {
    const client = globalThis.lab['client'] as Awaited<ReturnType<typeof libp2pClient.connect>>
    const listener = await client.listen(protocol)
    const api: Api = {
      each: async (values, call) => {
        for (const value of values) await call(value)
        return values.length
      },
    }
    void (async () => {
      for await (const connection of listener) Comlink.expose(api, libp2pClient.toMessagePort(connection))
    })()
  }, PROTOCOL)
  const target = await until('an address of the other browser', async () => {
    const addrs = await far.page.evaluate(() => [
      ...(globalThis.lab['client'] as { addresses: readonly string[] }).addresses,
    ])
    return addrs.length > 0 && { peer: far.peer, addrs }
  })
  const called = await near.page.evaluate(
    async (target, protocol) => {
      const client = globalThis.lab['client'] as Awaited<ReturnType<typeof libp2pClient.connect>>
      const connection = await client.dial(target, protocol)
      const remote = Comlink.wrap<Api>(libp2pClient.toMessagePort(connection))
      const values: string[] = []
      const back = Comlink.proxy(async (value: string) => void values.push(value))
      return { count: await remote.each(['one', 'two'], back), values }
    },
    target,
    PROTOCOL,
  )
  expect(called).toEqual({ count: 2, values: ['one', 'two'] })
})
