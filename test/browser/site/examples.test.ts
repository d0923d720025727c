import type { Page } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { OPERATOR_PROTOCOL } from '../../../src/operator/index.ts'
import { faultsOf } from '../../support/accessibility.ts'
import { shoot } from '../../support/screenshots.ts'
import { until } from '../../support/until.ts'
import { SiteTabs, click, says, text } from './site-tabs.ts'

/** Large enough that a link can be lost on the way. */
const MEGABYTES = 80
/** A name that would be a script, were it ever taken for HTML. */
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

/** Opens the link of a file in the other browser, which has no dialog for saving: the file goes to its storage first. */
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
  await says(receiver, '#checked', 'It is whole: its SHA-256 is the same at both ends.')
  expect(await text(receiver, '#hash')).toBe(await text(sender, '#hash'))
  expect(await receiver.$('main img')).toBeNull()
  await says(sender, '.transfer', 'Receiver 1: 3.0 MB of 3.0 MB')
  expect(await faultsOf(receiver)).toEqual([])
  expect(await shoot(receiver, 'files-receiver')).toEqual([])
})

test('a file goes on where it was when the peer was lost', async () => {
  const sender = await site.open('/examples/files.html')
  await says(sender, '#status', 'Choose a file')
  await chooseFile(sender, MEGABYTES)
  const receiver = await fetchFrom(await linkOf(sender))
  await click(receiver, '#save')
  const done = (): Promise<number> => receiver.$eval('progress', (bar) => bar.value)
  await until('some of it', async () => (await receiver.$('progress')) !== null && (await done()) > 5_000_000)
  // The receiver's whole peer goes, as with its tab's process, and another begins.
  await receiver.evaluate(async (protocol) => {
    const socket = new WebSocket('/libp2p', [protocol])
    await new Promise((resolve) => socket.addEventListener('open', resolve))
    const question = { id: 0, question: { type: 'restart' } }
    socket.send(new TextEncoder().encode(JSON.stringify(question)))
  }, OPERATOR_PROTOCOL)
  await says(receiver, '#error', 'The link was lost, and is looked for again.')
  const before = await done()
  expect(before).toBeLessThan(MEGABYTES * 1_000_000)
  await says(receiver, '#checked', 'It is whole: its SHA-256 is the same at both ends.', 60_000)
  expect(await text(receiver, '#hash')).toBe(await text(sender, '#hash'))
})

test('a link to a file that is damaged, or to something else, says so', async () => {
  const damaged = await site.open('/examples/files.html#abc')
  await says(damaged, '#error', 'The connect string is damaged')
  const board = await site.open('/examples/board.html')
  const link = await linkOf(board)
  const wrong = await site.open(link.replace('board.html', 'files.html'))
  await says(wrong, '#error', /This is an invitation to \/x\/board-\w+, not to a file\./)
})

test('what is drawn on a board by pointer and keys is on the board of all, also of those who come later', async () => {
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
  await says(guest, '#status', 'You draw on somebody’s board.')
  await until('what the host has drawn', async () => (await inkOf(guest)) > 100)
  const before = await inkOf(host)
  await guest.bringToFront()
  await guest.focus('canvas')
  await guest.keyboard.press('Space')
  for (let presses = 0; presses < 10; presses++) await guest.keyboard.press('ArrowDown')
  await guest.keyboard.press('Space')
  await until('what the guest has drawn', async () => (await inkOf(host)) > before + 100)
  expect(await faultsOf(guest)).toEqual([])
  expect(await shoot(guest, 'board')).toEqual([])
  await click(host, '#clear')
  await until('an empty board', async () => (await inkOf(guest)) === 0)
})

/** Pixels of the board that are not empty. */
const inkOf = (page: Page): Promise<number> =>
  page.$eval('canvas', (canvas) => {
    const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? []
    let ink = 0
    for (let at = 3; at < data.length; at += 4) if (data[at] !== 0) ink += 1
    return ink
  })

test.each(['hello', 'bare'])('%s listens in one tab, and is answered in the other', async (name) => {
  const first = await site.open(`/examples/${name}.html`)
  await says(first, '#log', 'I listen')
  const second = await site.open(`/examples/${name}.html`)
  await says(second, '#log', 'I got: Hello from another tab!')
  await says(first, '#log', 'I got: Hello from another tab!')
  expect(await faultsOf(second)).toEqual([])
  expect(await shoot(second, name)).toEqual([])
})

test('the chat has no faults, with a room and without', async () => {
  const page = await site.open('/examples/chat.html')
  await says(page, '#status', 'Your peer is running')
  expect(await faultsOf(page)).toEqual([])
  await click(page, '#host')
  await says(page, '#status', 'Your room is open. Hand its link')
  expect(await faultsOf(page)).toEqual([])
  expect(await shoot(page, 'chat')).toEqual([])
})
