import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Page } from 'puppeteer-core'
import type { Server } from '../../../src/node/http/server.ts'
import { createServer } from '../../../src/node/http/server.ts'
import { SECRET, echoCore } from '../../node/support/echo-core.ts'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import type { Site } from '../../support/site.ts'
import { serveSite } from '../../support/site.ts'
import { until } from '../../support/until.ts'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const core = echoCore()
let chromium: Chromium
let directory: string
let server: Server
let foreign: Site
let added: Site

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'access-'))
  await writeFile(join(directory, 'index.html'), '<!doctype html><title>ours</title>')
  added = await serveSite({ '/': '<!doctype html><title>added</title>' })
  foreign = await serveSite({ '/': '<!doctype html><title>foreign</title>' })
  server = await createServer({
    core,
    port: 0,
    origins: [added.origin],
    files: [{ directory, native: true }],
  })
  // A name that an attacker has made resolve to this machine.
  chromium = await startChromium('--host-resolver-rules=MAP rebound.example 127.0.0.1')
})

afterAll(async () => {
  await chromium?.close()
  await server?.close()
  await foreign?.close()
  await added?.close()
  await rm(directory, { recursive: true, force: true })
})

/** The first message that a page, or a frame in it, gets on a WebSocket, or how the socket ends. */
function firstWord(page: Pick<Page, 'evaluate'>, url: string): Promise<string> {
  return page.evaluate(
    (url) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(url)
        socket.binaryType = 'arraybuffer'
        socket.addEventListener('message', (event) => {
          resolve(new TextDecoder().decode(event.data as ArrayBuffer))
          socket.close()
        })
        socket.addEventListener('close', (event) => resolve(`closed ${event.code}`))
      }),
    url,
  )
}

/** What a page reads of a document, or `refused`. */
function read(page: Page, url: string): Promise<string> {
  return page.evaluate(
    (url) =>
      fetch(url).then(
        (response) => response.text(),
        () => 'refused',
      ),
    url,
  )
}

const socketUrl = () => `ws://127.0.0.1:${server.port}/libp2p`

test('our own page gets the key under each of our names', async () => {
  for (const name of ['127.0.0.1', 'localhost']) {
    const { page } = await chromium.open(`http://${name}:${server.port}/`)
    expect(await firstWord(page, `ws://${name}:${server.port}/libp2p`)).toBe(SECRET)
    expect(await firstWord(page, socketUrl())).toBe(SECRET)
    await page.close()
  }
})

test('a foreign page does not connect, and reads neither status nor network', async () => {
  const { page } = await chromium.open(`${foreign.origin}/`)
  expect(await firstWord(page, socketUrl())).toBe('closed 1006')
  expect(await read(page, `${server.url}status.json`)).toBe('refused')
  expect(await read(page, `${server.url}network.json`)).toBe('refused')
  await page.close()
})

test("a page of an added origin connects and reads, and doesn't get the key", async () => {
  const { page } = await chromium.open(`${added.origin}/`)
  expect(await firstWord(page, socketUrl())).toBe('nothing')
  expect(JSON.parse(await read(page, `${server.url}network.json`))).toHaveProperty('iceServers')
  await page.close()
})

test('a sandboxed frame of our own page does not connect', async () => {
  const { page } = await chromium.open(server.url)
  await page.evaluate(() => {
    const frame = document.createElement('iframe')
    frame.setAttribute('sandbox', 'allow-scripts')
    frame.srcdoc = '<title>sandboxed</title>'
    document.body.append(frame)
  })
  const frame = await until('the frame', () =>
    page.frames().find((one) => one !== page.mainFrame() && one.url() === 'about:srcdoc'),
  )
  expect(await frame.evaluate(() => origin)).toBe('null')
  expect(await firstWord(frame, socketUrl())).toBe('closed 1006')
  await page.close()
})

test('a rebound name is served nothing, although its page would have the same origin', async () => {
  const url = `http://rebound.example:${server.port}/`
  const page = await chromium.browser.newPage()
  const response = await page.goto(url)
  expect(response?.status()).toBe(403)
  expect(await firstWord(page, `ws://rebound.example:${server.port}/libp2p`)).toBe('closed 1006')
  await page.close()
})

test('a page opened at /libp2p itself says what to do', async () => {
  const page = await chromium.browser.newPage()
  const response = await page.goto(`${server.url}libp2p`)
  expect(response?.status()).toBe(426)
  expect(await page.evaluate(() => document.body.textContent)).toContain('new WebSocket("/libp2p")')
  await page.close()
})

test('no client remains', async () => {
  await until('every client to be gone', () => core.present === 0)
})
