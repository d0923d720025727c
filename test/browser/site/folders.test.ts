import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { memoryOfFamily } from '../../../bench/harness/processes.ts'
import { decodeConnectString, encodePeerAddress } from '../../../src/protocol/index.ts'
import { faultsOf } from '../../support/accessibility.ts'
import type { Chromium } from '../../support/chromium.ts'
import { shoot } from '../../support/screenshots.ts'
import { until } from '../../support/until.ts'
import type { FolderOnDisk } from './folder-on-disk.ts'
import { FORBIDDEN_NAMES, HARD_NAMES, makeFolder, makeLargeFile } from './folder-on-disk.ts'
import type { HostedSite } from './hosted-site.ts'
import { startHostedSite } from './hosted-site.ts'
import { click, says, text } from './site-tabs.ts'

/*
 * Folders on disk, in two browsers, on a static host. The tests are one visit: each continues where the
 * previous one ended.
 */

const LARGE_BYTES = 2_200_000_000
const MANY = 10_000

let hosted: HostedSite
let one: Chromium
let two: Chromium
let folder: FolderOnDisk
/** The folders' URL path in the first browser. */
let page: Page

beforeAll(async () => {
  hosted = await startHostedSite()
  one = await hosted.browser()
  two = await hosted.browser()
  folder = await makeFolder()
  page = await openFolders(one)
})

afterAll(async () => {
  await Promise.all([one?.close(), two?.close()])
  await hosted?.close()
  await folder?.remove()
})

async function openFolders(browser: Chromium): Promise<Page> {
  const { page } = await browser.open(`${hosted.url}#/folders`)
  await says(page, '#kept', 'opens offline')
  return page
}

/** Drops a directory where folders are dropped, as from the system's file manager. */
async function drop(page: Page, directory: string): Promise<void> {
  await page.bringToFront()
  const box = await (await page.waitForSelector('.drop'))?.boundingBox()
  if (box === null || box === undefined) throw new Error('the drop target is missing')
  const session = await page.createCDPSession()
  const data = { items: [], files: [directory], dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x: box.x + 20, y: box.y + 20, data })
  }
  await session.detach()
}

/** Chooses a directory to be copied. */
async function copy(page: Page, directory: string): Promise<void> {
  // A background tab may not choose.
  await page.bringToFront()
  const input = await page.waitForSelector('#copy-folder')
  await (input as Awaited<ReturnType<typeof page.$<'input'>>>)?.uploadFile(directory)
}

const FOLDER = 'folders/my%20pages/'

/** Opens a page of the folder, and confirms the folder if the browser asks first. */
async function openPage(browser: Chromium, name = ''): Promise<Page> {
  const { page } = await browser.open(hosted.url + FOLDER + name)
  if (page.url().includes('folder.html')) await click(page, '#open-folder')
  await until('the page of the folder', () => page.url().startsWith(hosted.url + FOLDER))
  return page
}

/** Requests a file from the site, as its pages do. */
const fetched = (
  name: string,
  headers: Record<string, string> = {},
): Promise<[status: number, body: string]> =>
  page.evaluate(
    async (url, headers) => {
      const response = await fetch(url, { headers })
      return [response.status, await response.text()] as [number, string]
    },
    hosted.url + FOLDER + name,
    headers,
  )

test('a dropped folder needs a confirmation before its first page, which can then be reached from another browser', async () => {
  await drop(page, folder.directory)
  await says(page, '#folders-said', 'Added “my pages”.')
  await says(page, '#folders', 'Read from disk on every load.')
  const { page: listener } = await one.open(`${hosted.url}${FOLDER}#fragment`)
  await says(listener, 'h1', 'Open the folder my pages?')
  await says(listener, '.notice', 'The folder’s pages act on your behalf.')
  expect(await faultsOf(listener)).toEqual([])
  expect(await shoot(listener, 'folder-gate')).toEqual([])
  await click(listener, '#open-folder')
  await says(listener, '#log', 'listening')
  expect(await text(listener, 'h1')).toBe('Ein Gruß')
  expect(listener.url()).toBe(`${hosted.url}${FOLDER}#fragment`)

  await page.goto(`${hosted.url}#/peer`)
  await says(page, '#addresses', '/p2p-circuit/webrtc')
  await until('the connect string', async () => (await page.$('#connect-string')) !== null)
  const connectString = await page.$eval('#connect-string', (field) => (field as HTMLTextAreaElement).value)
  const target = encodePeerAddress(decodeConnectString(connectString))
  await drop(await openFolders(two), folder.directory)
  const dialer = await openPage(two, `?peer=${encodeURIComponent(target)}`)
  await says(dialer, '#log', 'heard Grüße')
  await says(listener, '#log', 'heard Grüße')
  await page.goto(`${hosted.url}#/folders`)
  await listener.close()
})

test('changes on disk are visible on the next load, and pages say whose WebSocket they have', async () => {
  const head = await openPage(one, 'head.html')
  expect([await head.title(), await text(head, 'h1')]).toEqual(['ours', 'Gruß'])
  await writeFile(join(folder.directory, 'head.html'), '<h1>Edited</h1>')
  await head.reload()
  expect(await text(head, 'h1')).toBe('Edited')
  await head.goto(`${hosted.url}${FOLDER}latin1.html`)
  expect([await head.title(), await text(head, 'h1')]).toEqual(['ours', 'Gruß'])
  await head.goto(`${hosted.url}${FOLDER}native.html`)
  expect([await head.title(), await text(head, 'h1')]).toEqual(['native', 'Gruß'])
  await head.goto(`${hosted.url}${FOLDER}missing.html`)
  expect(await text(head, 'main')).toContain('has no such file.')
  expect(await faultsOf(head)).toEqual([])
  expect(await shoot(head, 'folder-missing')).toEqual([])
  await head.close()
})

test('a file of two gigabytes is streamed from any position', async () => {
  await makeLargeFile(join(folder.directory, 'large.bin'), LARGE_BYTES, 'the end')
  expect(await fetched('large.bin', { range: 'bytes=-7' })).toEqual([206, 'the end'])
  expect(await fetched('large.bin', { range: `bytes=${LARGE_BYTES - 3}-` })).toEqual([206, 'end'])
  const streamed = await page.evaluate(async (url) => {
    const response = await fetch(url)
    const reader = response.body?.getReader()
    let bytes = 0
    while (bytes < 20_000_000) {
      const piece = await reader?.read()
      if (piece === undefined || piece.done) throw new Error('it has ended')
      bytes += piece.value.byteLength
    }
    await reader?.cancel()
    return response.headers.get('content-length')
  }, `${hosted.url}${FOLDER}large.bin`)
  expect(streamed).toBe(String(LARGE_BYTES))
})

test('a file of two gigabytes is streamed to its end, and never held in memory', async () => {
  const { pid } = one.browser.process() ?? {}
  if (pid === undefined) throw new Error('the browser has no process')
  const before = memoryOfFamily(pid)
  let most = before
  const watch = setInterval(() => (most = Math.max(most, memoryOfFamily(pid))), 200)
  try {
    const streamed = page.evaluate(async (url) => {
      const reader = (await fetch(url)).body?.getReader({ mode: 'byob' })
      if (reader === undefined) throw new Error('there is no body')
      let bytes = 0
      let end = ''
      // One buffer for everything that arrives, so reading leaves no garbage that would be collected at an
      // unknown time.
      let buffer = new Uint8Array(1_000_000)
      for (;;) {
        const { value, done } = await reader.read(buffer)
        if (done) return [bytes, end]
        bytes += value.byteLength
        end = (end + new TextDecoder().decode(value.slice(-7))).slice(-7)
        buffer = new Uint8Array(value.buffer)
      }
    }, `${hosted.url}${FOLDER}large.bin`)
    expect(await streamed).toEqual([LARGE_BYTES, 'the end'])
  } finally {
    clearInterval(watch)
  }
  expect(most - before).toBeLessThan(LARGE_BYTES / 10)
})

test('a copy can be stopped and leaves nothing behind, and the folder of that name stays', async () => {
  await copy(page, folder.directory)
  await click(page, '#stop-adding')
  await says(page, '#folders-said', 'Stopped. Nothing was stored.')
  await says(page, '#folders', 'Read from disk on every load.')
  expect(await keptCopies()).toEqual([])
})

/** The copies in the browser's storage. */
const keptCopies = (): Promise<string[]> =>
  page.evaluate(async () => {
    const root = await navigator.storage.getDirectory()
    const names: string[] = []
    for await (const name of (await root.getDirectoryHandle('libp2p-websocket-folders')).keys())
      names.push(name)
    return names
  })

test('when the storage is full in the middle of a copy, the page says so, deletes the copy, and otherwise works', async () => {
  const session = await page.createCDPSession()
  const { origin } = new URL(hosted.url)
  await copy(page, folder.directory)
  await says(page, '.drop', /, \d+ MB of 2\.2 GB\./)
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 50_000_000 })
  await says(
    page,
    '#folders-problem',
    'There is not enough storage: the folder needs 2.2 GB. The partial copy has been removed.',
  )
  expect(await keptCopies()).toEqual([])
  await says(page, '#folders', 'Read from disk on every load.')
  expect(await faultsOf(page)).toEqual([])
  expect(await shoot(page, 'folders-full')).toEqual([])
  expect(await fetched('100%25.txt')).toEqual([200, '100%.txt'])
  await session.send('Storage.overrideQuotaForOrigin', { origin })
  await session.detach()
})

test('a copy that would not fit into the storage is not started, and the page says how much is missing', async () => {
  await page.evaluate(() => {
    navigator.storage.estimate = () => Promise.resolve({ quota: 50_000_000, usage: 10_000_000 })
  })
  await copy(page, folder.directory)
  await says(page, '#folders-problem', 'the folder needs 2.2 GB, and 40 MB are left.')
  await says(page, '#folders', 'Read from disk on every load.')
  await page.reload()
  await says(page, '#kept', 'opens offline')
})

test('names that a system or a program rejects are served, live and copied, and hidden ones are not', async () => {
  const expectServed = async (names: readonly string[]): Promise<void> => {
    const served = names.map(async (name) => [name, ...(await fetched(encodeURIComponent(name)))])
    expect(await Promise.all(served)).toEqual(names.map((name) => [name, 200, name]))
  }
  await expectServed(HARD_NAMES)
  for (const name of FORBIDDEN_NAMES) {
    const [status, body] = await fetched(encodeURIComponent(name))
    expect(status).toBe(404)
    expect(body).toContain('The browser can’t read a file of this name from disk.')
  }
  // As in a handwritten link.
  expect(await fetched('100%.txt')).toEqual([200, '100%.txt'])
  for (const path of ['.git/config', '..%2f..%2findex.html', '%2e%2e%2f', 'sub%00.txt', '%5c..%5c']) {
    expect([path, (await fetched(path))[0]]).toEqual([path, 404])
  }
  await writeFile(join(folder.directory, 'large.bin'), 'not any more')
  await copy(page, folder.directory)
  await says(page, '#folders-said', 'Replaced the folder “my pages”.')
  await says(page, '#folders', 'Copied: 12 files')
  await expectServed([...HARD_NAMES, ...FORBIDDEN_NAMES])
  expect((await fetched('.git/config'))[0]).toBe(404)
})

test('a folder of ten thousand files is copied, with its progress, and served', async () => {
  const many = join(folder.directory, '..', 'ten thousand')
  for (let at = 0; at < 100; at += 1) {
    await mkdir(join(many, `${at}`), { recursive: true })
    await Promise.all(
      Array.from({ length: MANY / 100 }, (_, index) =>
        writeFile(join(many, `${at}`, `${index}.txt`), `${at}/${index}`),
      ),
    )
  }
  await copy(page, many)
  await says(page, '#folders', 'Copied: 10,000 files', 60_000)
  expect(await fetched('../ten%20thousand/99/99.txt')).toEqual([200, '99/99'])
  expect(await faultsOf(page)).toEqual([])
})
