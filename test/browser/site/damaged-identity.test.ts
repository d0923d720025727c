import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatKey, newKey } from '../../../src/relay/identity.ts'
import { BROWSERS } from '../../support/browsers.ts'
import type { TestBrowser } from '../../support/chromium.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { startNodeBuild } from '../../support/node-build.ts'
import { until } from '../../support/until.ts'
import { click, says, text } from './site-tabs.ts'

let node: NodeBuild

beforeAll(async () => {
  node = await startNodeBuild()
})

afterAll(async () => {
  await node?.stop()
})

const key = await newKey()
const other = await newKey()
const bytes = (text: string): number[] => Array.from(atob(text), (character) => character.charCodeAt(0))
/** The private half of one key with the public half of another one. */
const mixed = btoa(
  String.fromCharCode(...bytes(formatKey(key)).slice(0, -32), ...bytes(formatKey(other)).slice(-32)),
)

const WRONG: [string, unknown][] = [
  ['a number', 7],
  ['null', null],
  ['an object', { key: formatKey(key) }],
  ['an empty text', ''],
  ['a text that is not a key', 'no key'],
  ['half a key', formatKey(key).slice(0, 48)],
  ['a key with the public half of another one', mixed],
]

/** Opens the settings in a new profile in which the value is stored as the peer's key. */
async function openWith(browser: TestBrowser, value: unknown): Promise<Page> {
  const context = await browser.browser.createBrowserContext()
  const page = await context.newPage()
  await page.goto(`${node.origin}/notice.css`)
  await page.evaluate(async (value) => {
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.open('libp2p-websocket', 3)
      request.onupgradeneeded = () => {
        for (const store of ['identity', 'settings', 'relays']) request.result.createObjectStore(store)
      }
      request.onerror = () => reject(request.error ?? new Error('no database'))
      request.onsuccess = () => {
        const transaction = request.result.transaction('identity', 'readwrite')
        transaction.objectStore('identity').put(value, 'default')
        transaction.oncomplete = () => {
          request.result.close()
          resolve()
        }
      }
    })
  }, value)
  await page.goto(`${node.origin}/#/settings`)
  return page
}

const nameOf = (page: Page): Promise<string> =>
  until('the name of the peer', async () => (await text(page, '#peer-name')) || undefined)

describe.each(BROWSERS)('a damaged key in $name', ({ start }) => {
  let browser: TestBrowser
  beforeAll(async () => {
    browser = await start()
  })
  afterAll(async () => {
    await browser?.close()
  })

  test.each(WRONG)('that is %s is set aside, and the peer runs with a new one', async (_, value) => {
    const page = await openWith(browser, value)
    await says(page, '#damaged-keys', 'was damaged, so your peer has a new one')
    const peer = await nameOf(page)
    expect(peer).toMatch(/^12D3KooW/u)
    await page.goto(`${node.origin}/#/peer`)
    await says(page, '#findings', 'The key stored in this browser is damaged')
    await page.browserContext().close()
  })

  test('can be replaced by a copy of the old one, and deleted', async () => {
    const page = await openWith(browser, formatKey(key).slice(0, 48))
    await says(page, '#damaged-keys', 'If you exported the old key')
    await page.$eval(
      '#import-key',
      (input, key) => {
        const files = new DataTransfer()
        files.items.add(new File([key], 'peer.key'))
        Object.assign(input, { files: files.files })
        input.dispatchEvent(new Event('change'))
      },
      formatKey(key),
    )
    await click(page, '#confirm-key')
    await says(page, '#identity-said', key.publicKey.toString())
    await click(page, '#forget-damaged')
    await until('the notice to go', async () => (await page.$('#damaged-keys')) === null)
    await click(page, '#restart')
    await says(page, '#peer-name', key.publicKey.toString())
    expect(await page.$('#damaged-keys')).toBeNull()
    await page.browserContext().close()
  })
})
