import { afterEach, describe, expect, test } from 'vitest'
import type { Page } from 'puppeteer-core'
import { WebSocket } from 'ws'
import type { Connection } from '../../../src/client/index.ts'
import { connect } from '../../../src/client/index.ts'
import { encodeConnectString } from '../../../src/protocol/index.ts'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { startNodeBuild } from '../../support/node-build.ts'
import { until } from '../../support/until.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function node(): Promise<NodeBuild> {
  const started = await startNodeBuild()
  cleanups.push(() => started.stop())
  return started
}

async function chromium(): Promise<Chromium> {
  const started = await startChromium()
  cleanups.push(() => started.close())
  return started
}

const textOf = (page: Page, selector: string): Promise<string> =>
  page.$eval(selector, (element) => (element as HTMLElement).innerText)

/** Opens the chat, or a link to a room, and enters a name. */
async function openChat(browser: Chromium, url: string, name: string): Promise<Page> {
  const { page } = await browser.open(url)
  await page.waitForSelector('#status.good')
  await page.type('#name', name)
  return page
}

/** Opens a room and returns the link to it. */
async function host(page: Page): Promise<string> {
  await page.click('#enter')
  return await until('a link', () =>
    page.evaluate(() => document.querySelector<HTMLAnchorElement>('#link')?.href),
  )
}

/** Joins a room by its link, in a browser that may get another address of the page. */
async function join(browser: Chromium, link: string, name: string): Promise<Page> {
  const page = await openChat(browser, link, name)
  await page.click('#enter')
  return page
}

async function say(page: Page, text: string): Promise<void> {
  await page.waitForSelector('#room:not([hidden])')
  await page.type('#message', text)
  await page.click('#send')
}

const sees = (page: Page, selector: string, text: string): Promise<unknown> =>
  until(`${JSON.stringify(text)} in ${selector}`, async () =>
    (await page.$(selector)) === null ? false : (await textOf(page, selector)).includes(text),
  )

describe('the chat', () => {
  test('runs between two browsers over WebRTC, even after the server that introduced them has gone', async () => {
    const server = await node()
    const url = `${server.origin}/examples/chat.html`
    const ada = await openChat(await chromium(), url, 'Ada')
    const link = await host(ada)
    const bob = await join(await chromium(), link, 'Bob')
    await sees(bob, '#members', 'Ada')
    await sees(ada, '#members', 'Bob')
    // They are in the room through the circuit relay already, and move to WebRTC.
    await sees(bob, '#members', 'direct')
    await say(bob, 'Hello <b>Ada</b>')
    await sees(ada, '#messages', 'Hello <b>Ada</b>')
    // The server stops: from now on messages go from browser to browser.
    await server.stop('SIGKILL')
    await say(ada, 'Hello Bob, the server is gone')
    await sees(bob, '#messages', 'Hello Bob, the server is gone')
    await say(bob, 'and we are still here')
    await sees(ada, '#messages', 'and we are still here')
    // A guest who leaves disappears from the room.
    await bob.close()
    await until('Bob to be gone', async () => !(await textOf(ada, '#members')).includes('Bob'))
  })

  test('runs in pages without our script, through the Node build, and together with a page that has it', async () => {
    const server = await node()
    const url = `${server.origin}/examples/chat.html`
    const browser = await chromium()
    const ada = await openChat(browser, `${url}?native`, 'Ada')
    expect(await ada.evaluate(() => 'libp2pWebSocket' in globalThis)).toBe(false)
    const link = await host(ada)
    const bob = await join(browser, link, 'Bob')
    await sees(ada, '#members', 'Bob')
    const cleo = await join(await chromium(), link.replace('?native', ''), 'Cleo')
    await sees(bob, '#members', 'Cleo')
    await sees(ada, '#members', 'Cleo')
    await say(cleo, 'Hello from a browser')
    await sees(ada, '#messages', 'Hello from a browser')
    await sees(bob, '#messages', 'Hello from a browser')
    await say(bob, 'Hello from Node')
    await sees(cleo, '#messages', 'Hello from Node')
  })

  test("lets a guest write first in the room of a page of 2020, which doesn't greet its guests", async () => {
    const server = await node()
    const client = await connect(`${server.origin.replace('http', 'ws')}/libp2p`, { WebSocket })
    cleanups.push(async () => client.close())
    const protocol = '/x/chat-OfTwentyTwenty'
    const listener = await client.listen(protocol)
    const room = encodeConnectString({ peer: client.peer, protocol, addrs: [...client.addresses] })
    const bob = await openChat(await chromium(), `${server.origin}/examples/chat.html`, 'Bob')
    await bob.click('#by-link summary')
    await bob.$eval('#target', (field, text) => Object.assign(field, { value: text }), room)
    await bob.click('#join')
    const { value: guest, done } = await listener[Symbol.asyncIterator]().next()
    if (done === true) throw new Error('no connection arrived')
    const heard = heardBy(guest)
    await bob.waitForSelector('#room:not([hidden]) #send:not([disabled])')
    await say(bob, 'Is anybody here?')
    await until("the host to receive Bob's messages", () => heard.length === 2)
    expect(heard).toEqual([
      { name: 'user', user: 'Bob' },
      { name: 'message', from: 'Bob', text: 'Is anybody here?' },
    ])
    guest.send(new TextEncoder().encode('{"name":"message","from":"Ada","text":"I am"}'))
    await sees(bob, '#messages', 'Ada: I am')
  })
})

/** What the page at one end of a link receives, message by message. */
function heardBy(link: Connection): unknown[] {
  const heard: unknown[] = []
  void (async () => {
    for await (const bytes of link) heard.push(JSON.parse(new TextDecoder().decode(bytes)))
  })().catch(() => undefined) // The guest's browser ends with the test.
  return heard
}
