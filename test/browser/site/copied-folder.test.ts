import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeConnectString, encodePeerAddress } from '../../../src/protocol/index.ts'
import { faultsOf } from '../../support/accessibility.ts'
import type { TestBrowser } from '../../support/chromium.ts'
import { until } from '../../support/until.ts'
import type { FolderOnDisk } from './folder-on-disk.ts'
import { FORBIDDEN_NAMES, HARD_NAMES, makeFolder } from './folder-on-disk.ts'
import { isInstalled } from '../../support/installed-browsers.js'
import type { HostedSite } from './hosted-site.ts'
import { startHostedSite } from './hosted-site.ts'
import { click, says, text } from './site-tabs.ts'

/*
 * A folder that is copied into the browser. All browsers can do that, and Firefox nothing else, because it
 * has no directory handles. WebDriver BiDi can neither drop a folder nor choose one, so the page gets its
 * files as if one had been chosen.
 */

const FOLDER = 'folders/my%20pages/'
const BROWSERS = [
  { name: 'Chromium', start: (hosted: HostedSite) => hosted.browser(), other: 'Firefox' },
  { name: 'Firefox', start: (hosted: HostedSite) => hosted.firefox(), other: 'Chromium' },
].filter(isInstalled)

let hosted: HostedSite
let folder: FolderOnDisk
const browsers = new Map<string, TestBrowser>()
/** The folders' URL path in each browser. */
const pages = new Map<string, Page>()

beforeAll(async () => {
  hosted = await startHostedSite()
  folder = await makeFolder()
  for (const { name, start } of BROWSERS) {
    const browser = await start(hosted)
    browsers.set(name, browser)
    const { page } = await browser.open(`${hosted.url}#/folders`)
    await says(page, '#kept', 'opens offline')
    pages.set(name, page)
  }
})

afterAll(async () => {
  for (const browser of browsers.values()) await browser.close()
  await hosted?.close()
  await folder?.remove()
})

function placeIn(name: string): Page {
  const page = pages.get(name)
  if (page === undefined) throw new Error(`there is no page in ${name}`)
  return page
}

async function copy(page: Page): Promise<void> {
  const names = (await readdir(folder.directory, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.directory.length + 1))
  const files = await Promise.all(
    names.map(async (name) => ({ name, bytes: [...(await readFile(join(folder.directory, name)))] })),
  )
  await page.waitForSelector('#copy-folder')
  await page.$eval(
    '#copy-folder',
    (input, files) => {
      const chosen = files.map(({ name, bytes }) => {
        const file = new File([new Uint8Array(bytes)], name)
        Object.defineProperty(file, 'webkitRelativePath', { value: `my pages/${name}` })
        return file
      })
      Object.defineProperty(input, 'files', { value: chosen, configurable: true })
      input.dispatchEvent(new Event('change'))
    },
    files,
  )
}

async function remove(page: Page): Promise<void> {
  await click(page, '#folders button')
  await click(page, '#folders [role="alert"] + p button')
  await says(page, '#folders-said', 'Removed “my pages”.')
}

/** Opens a page of the folder, and confirms the folder if the browser asks first. */
async function openPage(name: string, path = ''): Promise<Page> {
  const { page } = await (browsers.get(name) as TestBrowser).open(hosted.url + FOLDER + path)
  if (page.url().includes('folder.html')) await click(page, '#open-folder')
  await until('the page of the folder', () => page.url().startsWith(hosted.url + FOLDER))
  return page
}

describe.each(BROWSERS)('a folder that is copied in $name', ({ name, other }) => {
  test('is listed with its size', async () => {
    await copy(placeIn(name))
    await says(placeIn(name), '#folders-said', 'Added “my pages”.')
    await says(placeIn(name), '#folders', 'Copied: 11 files')
    expect(await faultsOf(placeIn(name), [])).toEqual([])
  })

  test('has pages that need a confirmation first, have our WebSocket, and are displayed as they were written', async () => {
    const { page } = await (browsers.get(name) as TestBrowser).open(`${hosted.url}${FOLDER}latin1.html`)
    await says(page, 'h1', 'Open the folder my pages?')
    expect(await faultsOf(page, [])).toEqual([])
    await click(page, '#open-folder')
    await says(page, 'h1', 'Gruß')
    // The script that sets the title runs after the text is there.
    await until('the page to see our WebSocket', async () => (await page.title()) === 'ours')
    await page.goto(`${hosted.url}${FOLDER}head.html`)
    expect([await page.title(), await text(page, 'h1')]).toEqual(['ours', 'Gruß'])
    await page.goto(`${hosted.url}${FOLDER}native.html`)
    expect([await page.title(), await text(page, 'h1')]).toEqual(['native', 'Gruß'])
    await page.close()
  })

  test('has files of every name, and no hidden ones', async () => {
    const fetched = await placeIn(name).evaluate(
      async (urls) =>
        await Promise.all(
          urls.map(async (url) => {
            const response = await fetch(url)
            return response.ok ? await response.text() : response.status
          }),
        ),
      [...HARD_NAMES, ...FORBIDDEN_NAMES, '.git/config'].map(
        (file) => hosted.url + FOLDER + file.split('/').map(encodeURIComponent).join('/'),
      ),
    )
    expect(fetched).toEqual([...HARD_NAMES, ...FORBIDDEN_NAMES, 404])
  })

  test(`has a page of 2020 that can be reached from ${other}`, async () => {
    const listener = await openPage(name)
    await says(listener, '#log', 'listening')
    const { page } = await (browsers.get(name) as TestBrowser).open(`${hosted.url}#/peer`)
    await says(page, '#addresses', '/p2p-circuit')
    await until('the connect string', async () => (await page.$('#connect-string')) !== null)
    const connectString = await page.$eval('#connect-string', (field) => (field as HTMLTextAreaElement).value)
    const target = encodePeerAddress(decodeConnectString(connectString))
    await copy(placeIn(other))
    await says(placeIn(other), '#folders', 'Copied')
    const dialer = await openPage(other, `?peer=${encodeURIComponent(target)}`)
    await says(dialer, '#log', 'heard Grüße')
    await says(listener, '#log', 'heard Grüße')
    for (const opened of [listener, page, dialer]) await opened.close()
    await remove(placeIn(other))
  })

  test('is removed with everything that was copied', async () => {
    const page = placeIn(name)
    await remove(page)
    const kept = await page.evaluate(async () => {
      const names: string[] = []
      const root = await navigator.storage.getDirectory()
      for await (const name of (await root.getDirectoryHandle('libp2p-websocket-folders')).keys())
        names.push(name)
      return names
    })
    expect(kept).toEqual([])
  })
})
