import { writeFile } from 'node:fs/promises'
import type { Page } from 'puppeteer-core'
import { afterEach, beforeEach, test } from 'vitest'
import { SiteTabs, says } from '../browser/site/site-tabs.ts'
import { until } from '../support/until.ts'

/** The pictures in the README: pages as they are in a narrow window. */
const STILL = { width: 800, height: 680 }
/** The pictures of the examples on the start page: wide pages, made small. */
const THUMBNAIL = { width: 1024, height: 640, deviceScaleFactor: 0.625 }

let site: SiteTabs

beforeEach(async () => {
  site = await SiteTabs.start()
})

afterEach(async () => {
  await site?.stop()
})

async function still(page: Page, path: `${string}.png`): Promise<void> {
  await page.bringToFront()
  await page.setViewport(STILL)
  await page.evaluate(() => scrollTo(0, 0))
  await writeFile(path, await page.screenshot({ type: 'png' }))
}

async function thumbnail(page: Page, example: string): Promise<void> {
  await page.bringToFront()
  await page.setViewport(THUMBNAIL)
  await page.evaluate(() => scrollTo(0, 0))
  await writeFile(
    `public/screenshots/${example}.webp`,
    await page.screenshot({ type: 'webp', quality: 80, captureBeyondViewport: false }),
  )
}

const linkOf = (page: Page): Promise<string> =>
  until('a link', () => page.evaluate(() => document.querySelector<HTMLAnchorElement>('#link')?.href))

async function enterName(page: Page, name: string): Promise<void> {
  await (await page.waitForSelector('#name'))?.click({ count: 3 })
  await page.keyboard.type(name)
}

async function say(page: Page, text: string, other: Page): Promise<void> {
  await page.waitForSelector('#message:not([disabled])')
  await page.type('#message', text)
  await page.click('#send')
  await says(other, '#messages', text)
}

test('the chat, before and after the server stops', async () => {
  const ada = await site.open('/examples/chat.html')
  await says(ada, '#status', 'Your peer is running')
  await enterName(ada, 'Ada')
  await ada.click('#enter')
  const grace = await site.open(await linkOf(ada), site.two)
  await enterName(grace, 'Grace')
  await grace.click('#enter')
  await says(ada, '#members', 'Grace')
  await says(ada, '#main', 'Connected directly')
  await says(grace, '#main', 'Connected directly')
  await say(ada, 'Hello Grace! Where are these words kept?', grace)
  await say(grace, 'Nowhere. They go from your browser to mine.', ada)
  await thumbnail(ada, 'chat')
  await still(ada, 'docs/chat-before.png')
  await site.node.stop('SIGKILL')
  await say(ada, 'I have just stopped the server.', grace)
  await say(grace, 'And I can still read you.', ada)
  await says(ada, '#main', 'The circuit relay is gone')
  await still(ada, 'docs/chat-after.png')
})

test('the other examples', async () => {
  const hello = await site.open('/examples/hello.html')
  await says(hello, '#log', 'Listening.')
  const second = await site.open('/examples/hello.html')
  await says(second, '#log', 'Received: Hello from another tab!')
  await thumbnail(second, 'hello')

  const sender = await site.open('/examples/files.html')
  await says(sender, '#status', 'Your peer is running')
  await sender.waitForSelector('input[type=file]')
  await enterName(sender, 'Ada')
  await sender.evaluate(() => {
    const input = document.querySelector<HTMLInputElement>('input[type=file]')
    const chosen = new DataTransfer()
    chosen.items.add(new File([new Uint8Array(7_400_000)], 'holiday.jpg'))
    chosen.items.add(new File([new Uint8Array(310_000)], 'plan.pdf'))
    if (input === null) throw new Error('there is no file input')
    input.files = chosen.files
    input.dispatchEvent(new Event('change', { bubbles: true }))
  })
  const receiver = await site.open(await linkOf(sender), site.two)
  await says(receiver, '#files', 'holiday.jpg')
  await says(receiver, '#main', 'Connected directly')
  await thumbnail(receiver, 'files')

  const board = await site.open('/examples/board.html')
  const guest = await site.open(await linkOf(board), site.two)
  await says(guest, '#main', 'Connected directly')
  for (const [page, turns] of [
    [board, 3],
    [guest, 5],
  ] as const)
    await draw(page, turns)
  await thumbnail(guest, 'board')

  const notes = await site.open('/examples/notes.html')
  await enterName(notes, 'Ada')
  const other = await site.open(await linkOf(notes), site.two)
  await enterName(other, 'Grace')
  await says(other, '#main', 'Connected directly')
  await notes.type('#text', 'Things to take along:\n- tea\n- ')
  await until('the text', () =>
    other.evaluate(() => document.querySelector('textarea')?.value.includes('- tea')),
  )
  await other.type('#text', 'Shall we meet at nine? ')
  await says(notes, '#carets', 'meet at nine')
  await thumbnail(notes, 'notes')
})

/** Draws a rosette with as many leaves, at another place for each number. */
async function draw(page: Page, leaves: number): Promise<void> {
  await page.bringToFront()
  // High enough for the whole board, whose upper part is in the picture.
  await page.setViewport({ width: THUMBNAIL.width, height: 1200 })
  const box = (await (await page.waitForSelector('#board canvas'))?.boundingBox()) ?? undefined
  if (box === undefined) throw new Error('there is no board')
  const centre = { x: box.x + (box.width * leaves) / 8, y: box.y + box.height / 4 }
  const at = (step: number): [number, number] => {
    const angle = (step / 180) * 2 * Math.PI
    const radius = (box.height / 4.4) * Math.cos(leaves * angle)
    return [centre.x + radius * Math.cos(angle), centre.y + radius * Math.sin(angle)]
  }
  await page.mouse.move(...at(0))
  await page.mouse.down()
  for (let step = 1; step <= 180; step++) await page.mouse.move(...at(step))
  await page.mouse.up()
}
