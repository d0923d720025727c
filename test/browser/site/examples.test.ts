import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ElementHandle, Page } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { MAX_CONNECTIONS_PER_PEER } from '../../../examples/shared/star.ts'
import { ADMIN_PROTOCOL } from '../../../src/admin/index.ts'
import {
  SERVER_OPCODE,
  decodeConnectString,
  encodeClientMessage,
  encodePeerAddress,
} from '../../../src/protocol/index.ts'
import { faultsOf } from '../../support/accessibility.ts'
import { shoot } from '../../support/screenshots.ts'
import { until } from '../../support/until.ts'
import { fromLinkText } from '../../../src/site/link-text.ts'
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
  await until('the offer', async () => (await page.$('#save')) !== null)
  return page
}

test('a file goes from one browser to another, with the same SHA-256 at both ends', async () => {
  const sender = await site.open('/examples/files.html')
  await says(sender, '#status', 'Choose a file')
  await chooseFile(sender, 3)
  await says(sender, '#name', `${NAME}, 3.0 MB`)
  await says(sender, '#hash', /^[0-9a-f]{64}$/)
  expect(await faultsOf(sender)).toEqual([])
  expect(await shoot(sender, 'files-sender')).toEqual([])
  const receiver = await fetchFrom(await linkOf(sender))
  await says(receiver, '#name', '_img src=x onerror=alert(1)_.bin, 3.0 MB')
  await click(receiver, '#save')
  await says(receiver, '#checked', 'File received. Its SHA-256 matches the sender’s.')
  expect(await text(receiver, '#hash')).toBe(await text(sender, '#hash'))
  expect(await receiver.$('main img')).toBeNull()
  await says(sender, '.transfer', 'Receiver 1: 3.0 MB of 3.0 MB')
  expect(await faultsOf(receiver)).toEqual([])
  expect(await shoot(receiver, 'files-receiver')).toEqual([])

  // What the browser has stored of it is deleted at the next visit, when no page can save it any more.
  const another = await site.open('/examples/files.html', site.two)
  await says(another, '#status', 'Choose a file')
  expect(await receivedFiles(another)).toHaveLength(1)
  await receiver.close()
  await another.reload()
  await until('the file to be gone', async () => (await receivedFiles(another)).length === 0)
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
  await says(sender, '#status', 'Choose a file')
  await chooseFile(sender, MEGABYTES)
  const receiver = await fetchFrom(await linkOf(sender))
  await click(receiver, '#save')
  const done = (): Promise<number> => receiver.$eval('progress', (bar) => bar.value)
  await until('some of it', async () => (await receiver.$('progress')) !== null && (await done()) > 5_000_000)
  await says(receiver, '.carrier', /^[●◐]\s+(direct|relayed)$/)
  // The receiver's whole peer ends, as with its tab's process, and another one starts.
  await receiver.evaluate(async (protocol) => {
    const socket = new WebSocket('/libp2p', [protocol])
    await new Promise((resolve) => socket.addEventListener('open', resolve))
    const question = { id: 0, question: { type: 'restart' } }
    socket.send(new TextEncoder().encode(JSON.stringify(question)))
  }, ADMIN_PROTOCOL)
  await says(receiver, '#error', 'The connection was lost. Reconnecting …')
  const before = await done()
  expect(before).toBeLessThan(MEGABYTES * 1_000_000)
  await says(receiver, '#checked', 'File received. Its SHA-256 matches the sender’s.', 60_000)
  expect(await text(receiver, '#hash')).toBe(await text(sender, '#hash'))
})

test('if a file changes while it is sent, sender and receiver learn it, and the receiver does not try again', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sent-'))
  try {
    const path = join(directory, 'notes.txt')
    await writeFile(path, new Uint8Array(MEGABYTES * 1_000_000))
    const sender = await site.open('/examples/files.html')
    await says(sender, '#status', 'Choose a file')
    const input = (await sender.$('#file')) as ElementHandle<HTMLInputElement> | null
    await input?.uploadFile(path)
    await says(sender, '#hash', /^[0-9a-f]{64}$/)
    const receiver = await fetchFrom(await linkOf(sender))
    await writeFile(path, 'another text')
    await click(receiver, '#save')
    await says(sender, '#error', 'it was changed, moved or deleted. Reload this page and choose it again.')
    await says(receiver, '#error', 'The sender can’t read the file any more. Ask for another link.')
    expect(await text(sender, '.transfer')).toBe('')
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

test('a link to a file says so if it is damaged or leads to something else', async () => {
  const damaged = await site.open('/examples/files.html#abc')
  await says(damaged, '#error', 'The connect string is damaged')
  const board = await site.open('/examples/board.html')
  const link = await linkOf(board)
  const wrong = await site.open(link.replace('board.html', 'files.html'))
  await says(wrong, '#error', /This invitation is for \/x\/board-\w+, not for a file\./)
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
  await says(guest, '#status', 'You are drawing on a shared board.')
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
  await says(bob, '#status', 'You are in the room.')
  const cy = await joinRoom(link, 'Cy')
  await says(cy, '#members', /Ann host\s+⌂ local\s+Bob\s+Cy/)
  await says(host, '#members', /Bob\s+[●◐] (direct|relayed)\s+Cy\s+⌂ local/)
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
  expect(await faultsOf(host)).toEqual([])
  expect(await shoot(host, 'chat')).toEqual([])
  expect(await faultsOf(bob)).toEqual([])
  expect(await shoot(bob, 'chat-guest')).toEqual([])
  await cy.close()
  for (const page of [host, bob]) await says(page, '#messages', 'Cy left.')
})

test('a guest in another tab learns that the room is full, and joins as soon as there is a free slot', async () => {
  const { link } = await hostRoom('Ann')
  const crowd = await site.open('/examples/hello.html', site.two)
  await says(crowd, '#log', 'Listening.')
  const target = decodeConnectString(fromLinkText(new URL(link).hash.slice(1)))
  const connect = { type: 'connect', frames: false, relay: '', protocol: target.protocol } as const
  await crowd.evaluate(
    async (start, connect, count, connected) => {
      const socket = new WebSocket('/libp2p')
      socket.binaryType = 'arraybuffer'
      await new Promise((resolve) => socket.addEventListener('open', resolve))
      await new Promise<void>((resolve) => {
        let left = count
        socket.addEventListener('message', ({ data }) => {
          if (new Uint8Array(data as ArrayBuffer)[0] === connected) left -= 1
          if (left === 0) resolve()
        })
        socket.send(new Uint8Array(start))
        for (let at = 0; at < count; at += 1) socket.send(new Uint8Array(connect))
      })
    },
    [...encodeClientMessage({ type: 'start', key: '' })],
    [...encodeClientMessage({ ...connect, peer: encodePeerAddress(target) })],
    MAX_CONNECTIONS_PER_PEER,
    SERVER_OPCODE.peerConnection,
  )
  const bob = await joinRoom(link, 'Bob', site.two)
  await says(bob, '#error', 'The room is full. This page tries again until somebody leaves.')
  await says(bob, '#status', 'Joining the room')
  expect(await bob.$('#send:disabled')).not.toBeNull()
  expect(await faultsOf(bob)).toEqual([])
  expect(await shoot(bob, 'chat-full')).toEqual([])
  await crowd.close()
  await says(bob, '#status', 'You are in the room.', 60_000)
  expect(await text(bob, '#error')).toBe('')
})
