import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RelayStatus } from '../../../src/status/index.ts'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { LOCAL_MODE, startNodeBuild } from '../../support/node-build.ts'
import { until } from '../../support/until.ts'

/*
 * A site that Chromium takes for one of the internet, whose relay is on this machine: there the browser asks for a permission. One
 * without a window says no to all that it would ask its user.
 */

const HOST = 'site.example'

let node: NodeBuild
let chromium: Chromium
let origin: string

beforeAll(async () => {
  node = await startNodeBuild([...LOCAL_MODE, '-host', HOST])
  const { port } = new URL(node.origin)
  origin = `http://${HOST}:${port}`
  chromium = await startChromium(
    `--host-resolver-rules=MAP ${HOST} 127.0.0.1`,
    `--unsafely-treat-insecure-origin-as-secure=${origin}`,
    `--ip-address-space-overrides=127.0.0.1:${port}=public`,
  )
})

afterAll(async () => {
  await chromium?.close()
  await node?.stop()
})

/** The user allows it in the browser's settings. It holds for as long as the session does, which is the browser's. */
async function allow(): Promise<void> {
  const session = await chromium.browser.target().createCDPSession()
  const permission = { name: 'loopback-network' }
  await session.send('Browser.setPermission', { permission, setting: 'granted', origin })
}

const findings = async (page: Page): Promise<string> =>
  await page.evaluate(() => document.querySelector('#findings')?.textContent ?? '')

const says = async (page: Page, words: string): Promise<unknown> =>
  await until(`the page to say: ${words}`, async () => (await findings(page)).includes(words), 30_000)

async function connectionsOfRelay(): Promise<number> {
  const status = (await (await fetch(`${node.origin}/status.json`)).json()) as RelayStatus
  return status.peer?.connectionCount ?? 0
}

test('the local network is dialled once the user has allowed it, who is asked by a button; no is told, and heeded', async () => {
  const { page } = await chromium.open(`${origin}/`)
  await says(page, 'for which this browser wants your permission')
  await page.waitForSelector('#ask-local-network')
  expect(await connectionsOfRelay()).toBe(0)

  await page.click('#ask-local-network')
  await says(page, 'which this browser does not let this site reach')
  expect(await page.$('#ask-local-network')).toBeNull()
  expect(await connectionsOfRelay()).toBe(0)

  await allow()
  await until('the relay to be dialled', async () => (await connectionsOfRelay()) > 0, 30_000)
  await until('the page to be content', async () => !(await findings(page)).includes('local network'), 30_000)
})
