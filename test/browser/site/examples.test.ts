import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ElementHandle, Page } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { ADMIN_PROTOCOL } from '../../../src/admin/index.ts'
import { faultsOf } from '../../support/accessibility.ts'
import { shoot } from '../../support/screenshots.ts'
import { startChromium } from '../../support/chromium.ts'
import { LOCAL_MODE, startNodeBuild } from '../../support/node-build.ts'
import { until } from '../../support/until.ts'
import { SiteTabs, click, fill, says, text } from './site-tabs.ts'

/** Large enough that a link can be lost during the transfer. */
const MEGABYTES = 80
/** This name would be a script if it were ever inserted as HTML. */
const NAME = '<img src=x onerror=alert(1)>.bin'

let site: SiteTabs

beforeAll(async () => {
  site = await SiteTabs.start()
})

afterAll(async () => {
  await site?.stop()
})

afterEach(async () => {
  await site.closeTabs()
})

const linkOf = async (page: Page): Promise<string> => {
  await until('the link', async () => (await page.$('#link')) !== null)
  return await page.$eval('#link', (link) => (link as HTMLAnchorElement).href)
}

/** Chooses a file of random bytes. */
async function chooseFile(page: Page, megabytes: number): Promise<void> {
  await page.$eval(
    '#file',
    (input, megabytes, name) => {
      const parts = Array.from({ length: megabytes }, () => {
        const part = new Uint8Array(1_000_000)
        for (let at = 0; at < part.length; at += 50_000)
          crypto.getRandomValues(part.subarray(at, at + 50_000))
        return part
      })
      const files = new DataTransfer()
      files.items.add(new File(parts, name))
      Object.assign(input, { files: files.files })
      input.dispatchEvent(new Event('change'))
    },
    megabytes,
    NAME,
  )
}

/**
 * Opens a file's link in the other browser, which has no dialog for saving, so the file goes to its storage
 * first.
 */
async function fetchFrom(link: string): Promise<Page> {
  const page = await site.open(link, site.two)
  await page.evaluate(() => Object.assign(globalThis, { showSaveFilePicker: undefined }))
  await until('the offer', async () => (await page.$('.save')) !== null)
  return page
}

test('files go from one browser to another, with the same SHA-256 at both ends', async () => {
  const sender = await site.open('/examples/files.html')
  await says(sender, '#status', 'Your peer is running.')
  await fill(sender, '#name', 'Ada')
  await chooseFile(sender, 3)
  await says(sender, '.offer h2', `${NAME}, 3.0 MB`)
  await says(sender, '.offer .hash', /[0-9a-f]{64}/)
  await chooseFile(sender, 0)
  expect(await faultsOf(sender)).toEqual([])
  expect(await shoot(sender, 'files-sender')).toEqual([])
  const receiver = await fetchFrom(await linkOf(sender))
  await says(receiver, '.offer h2', '_img src=x onerror=alert(1)_.bin, 3.0 MB')
  await says(receiver, '.offer .from', 'From Ada')
  expect(await faultsOf(receiver)).toEqual([])
  for (let at = 0; at < 2; at++) await click(receiver, '.save')
  await until('both files', async () => (await receiver.$$('.checked.good')).length === 2)
  const hashes = async (page: Page): Promise<string[]> =>
    [...(await text(page, '.offer .hash')).matchAll(/[0-9a-f]{64}/gu)].map(([hash]) => hash)
  expect(await hashes(receiver)).toEqual(await hashes(sender))
  expect(await receiver.$('main img')).toBeNull()
  await says(sender, '.transfer', /Guest \d+: 3.0 MB of 3.0 MB/)
  expect(await faultsOf(receiver)).toEqual([])
  expect(await shoot(receiver, 'files-receiver')).toEqual([])

  // What the browser has stored of it is deleted at the next visit, when no page can save it any more.
  const another = await site.open('/examples/files.html', site.two)
  await says(another, '#status', 'Your peer is running.')
  expect(await receivedFiles(another)).toHaveLength(2)
  await receiver.close()
  await another.reload()
  await until('the files to be gone', async () => (await receivedFiles(another)).length === 0)
})

test('files that are dropped on the page are offered, until they are not any more', async () => {
  const sender = await site.open('/examples/files.html')
  await says(sender, '#status', 'Your peer is running.')
  await sender.evaluate(() => {
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(new File(['hello'], 'dropped.txt'))
    for (const type of ['dragover', 'drop'])
      document
        .querySelector('footer')
        ?.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }))
  })
  await says(sender, '.offer h2', 'dropped.txt, 5 B')
  const receiver = await fetchFrom(await linkOf(sender))
  await click(sender, '.stop')
  await until('the offer to go', async () => (await receiver.$('.save')) === null)
})

/** The received files in the browser's storage. */
const receivedFiles = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const root = await navigator.storage.getDirectory()
    const names: string[] = []
    for await (const name of (await root.getDirectoryHandle('libp2p-websocket-received')).keys())
      names.push(name)
    return names
  })

test('a file transfer continues where it was when the peer was lost', async () => {
  const sender = await site.open('/examples/files.html')
  await says(sender, '#status', 'Your peer is running.')
  await chooseFile(sender, MEGABYTES)
  const receiver = await fetchFrom(await linkOf(sender))
  await click(receiver, '.save')
  const done = (): Promise<number> => receiver.$eval('progress', (bar) => bar.value)
  await until('some of it', async () => (await receiver.$('progress')) !== null && (await done()) > 5_000_000)
  await says(receiver, '.transfer .carrier', /^[●◐]\s+(direct|relayed)$/)
  // The receiver's whole peer ends, as with its tab's process, and another one starts.
  await receiver.evaluate(async (protocol) => {
    const socket = new WebSocket('/libp2p', [protocol])
    await new Promise((resolve) => socket.addEventListener('open', resolve))
    const question = { id: 0, question: { type: 'restart' } }
    socket.send(new TextEncoder().encode(JSON.stringify(question)))
  }, ADMIN_PROTOCOL)
  await says(receiver, '.transfer .carrier', 'interrupted')
  const before = await done()
  expect(before).toBeLessThan(MEGABYTES * 1_000_000)
  await says(receiver, '.checked', 'File received. Its SHA-256 matches the sender’s.', 60_000)
})

test('a cancelled download says so, and can be started again', async () => {
  const sender = await site.open('/examples/files.html')
  await says(sender, '#status', 'Your peer is running.')
  await chooseFile(sender, MEGABYTES)
  const receiver = await fetchFrom(await linkOf(sender))
  await click(receiver, '.save')
  await click(receiver, '.cancel')
  await says(receiver, '.offer', 'You have cancelled it.')
  expect(await receiver.$('.save')).not.toBeNull()
})

test('if a file changes while it is sent, sender and receiver learn it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sent-'))
  try {
    const path = join(directory, 'notes.txt')
    await writeFile(path, new Uint8Array(MEGABYTES * 1_000_000))
    const sender = await site.open('/examples/files.html')
    await says(sender, '#status', 'Your peer is running.')
    const input = (await sender.$('#file')) as ElementHandle<HTMLInputElement> | null
    await input?.uploadFile(path)
    await says(sender, '.offer .hash', /[0-9a-f]{64}/)
    const receiver = await fetchFrom(await linkOf(sender))
    await writeFile(path, 'another text')
    await click(receiver, '.save')
    await says(
      sender,
      '#error',
      '“notes.txt”: The file can’t be read any more: it was changed, moved or deleted.',
    )
    await says(
      receiver,
      '.offer',
      'The sender can’t read the file any more: it was changed, moved or deleted.',
    )
    expect(await text(sender, '.transfer')).toBe('')
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

test('strokes on a board by pointer and keys appear on all boards, even for later guests', async () => {
  const host = await site.open('/examples/board.html')
  const link = await linkOf(host)
  await host.bringToFront()
  const box = await (await host.$('canvas'))?.boundingBox()
  if (box === null || box === undefined) throw new Error('there is no canvas')
  await host.mouse.move(box.x + 20, box.y + 20)
  await host.mouse.down()
  await host.mouse.move(box.x + 200, box.y + 120, { steps: 10 })
  await host.mouse.up()
  const guest = await site.open(link, site.two)
  await says(guest, '#status', 'You share the board with one other person.')
  await until("the host's strokes", async () => (await inkOf(guest)) > 100)
  const before = await inkOf(host)
  await guest.bringToFront()
  await guest.focus('canvas')
  await guest.keyboard.press('Space')
  for (let presses = 0; presses < 10; presses++) await guest.keyboard.press('ArrowDown')
  await guest.keyboard.press('Space')
  await until("the guest's strokes", async () => (await inkOf(host)) > before + 100)
  expect(await faultsOf(guest)).toEqual([])
  expect(await shoot(guest, 'board')).toEqual([])
  await click(host, '#clear')
  await until('an empty board', async () => (await inkOf(guest)) === 0)
})

/** The number of pixels on the board that are not empty. */
const inkOf = (page: Page): Promise<number> =>
  page.$eval('canvas', (canvas) => {
    const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? []
    let ink = 0
    for (let at = 3; at < data.length; at += 4) if (data[at] !== 0) ink += 1
    return ink
  })

test.each(['hello', 'bare'])('%s listens in one tab, and gets an answer in the other', async (name) => {
  const first = await site.open(`/examples/${name}.html`)
  await says(first, '#log', 'Listening.')
  const second = await site.open(`/examples/${name}.html`)
  await says(second, '#log', 'Received: Hello from another tab!')
  await says(first, '#log', 'Received: Hello from another tab!')
  expect(await faultsOf(second)).toEqual([])
  expect(await shoot(second, name)).toEqual([])
})

/** Opens a room; returns its host's page, and the link to it. */
async function hostRoom(name: string): Promise<{ host: Page; link: string }> {
  const host = await site.open('/examples/chat.html')
  await says(host, '#status', 'Your peer is running')
  await fill(host, '#name', name)
  await click(host, '#enter')
  await says(host, '#status', 'Your room is open. Share its link')
  return { host, link: await linkOf(host) }
}

async function joinRoom(link: string, name: string, browser = site.one): Promise<Page> {
  const guest = await site.open(link, browser)
  await fill(guest, '#name', name)
  await click(guest, '#enter')
  return guest
}

test('three members talk in a room, two of them in one browser, and its pages have no errors', async () => {
  const empty = await site.open('/examples/chat.html')
  await says(empty, '#status', 'Your peer is running')
  expect(await faultsOf(empty)).toEqual([])
  expect(await shoot(empty, 'chat-setup')).toEqual([])
  const { host, link } = await hostRoom('Ann')
  const bob = await joinRoom(link, 'Bob', site.two)
  await says(bob, '#status', 'You share the room with one other person.')
  const cy = await joinRoom(link, 'Cy')
  await says(cy, '#members', /(?=[^]*Ann\s+⌂ local)[^]*Bob\s+[●◐] (direct|relayed)/)
  await says(host, '#members', /(?=[^]*Cy\s+⌂ local)[^]*Bob\s+[●◐] (direct|relayed)/)
  for (const [page, words] of [
    [host, 'Hello, both of you'],
    [bob, 'Hello Ann, a long line '.repeat(9).trim()],
    [cy, 'And nobody between us 👋'],
  ] as const) {
    await fill(page, '#message', words)
    await click(page, '#send')
  }
  for (const page of [host, bob, cy])
    await says(page, '#messages', /(?=[^]*Ann: H)(?=[^]*Bob: H)(?=[^]*Cy: A)/)
  // The map of each tab shows the connections of that tab.
  await host.bringToFront()
  await says(host, '#map-said', /^Connected/)
  expect(await faultsOf(host)).toEqual([])
  expect(await shoot(host, 'chat')).toEqual([])
  expect(await faultsOf(bob)).toEqual([])
  expect(await shoot(bob, 'chat-guest')).toEqual([])
  await cy.close()
  for (const page of [host, bob]) await says(page, '#messages', 'Cy left.')
  await host.close()
  await says(bob, '#status', 'Everybody else has left. Whoever has the link can come back.')
})

test('over plain http by another name, pages say what works and what does not', async () => {
  const node = await startNodeBuild([...LOCAL_MODE, '-host', 'mybox'])
  const browser = await startChromium('--host-resolver-rules=MAP mybox 127.0.0.1')
  try {
    const url = `${node.origin.replace('127.0.0.1', 'mybox')}/examples/chat.html`
    const [host, guest] = [(await browser.open(url)).page, (await browser.open(url)).page]
    const { port } = new URL(url)
    await says(
      host,
      '#reach',
      /^Your peer runs on the server, because this page was loaded over plain http\./,
    )
    await says(host, '#reach', `ssh -L ${port}:localhost:${port} mybox`)
    expect(await faultsOf(host)).toEqual([])
    expect(await shoot(host, 'chat-plain-http')).toEqual([])
    await click(host, '#enter')
    await says(host, '#status', 'Your room is open. Share its link')
    await guest.goto(await linkOf(host))
    await click(guest, '#enter')
    await says(guest, '#status', 'You are in the room.')
    await fill(guest, '#message', 'Hello from here')
    await click(guest, '#send')
    await says(host, '#messages', 'Hello from here')
    const { page: home } = await browser.open(new URL('/', url).href)
    await says(home, '#status', 'Your peer runs on the server, because this page was not loaded over https')
  } finally {
    await browser.close()
    await node.stop()
  }
})
