import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { LOCAL_MODE, startNodeBuild } from '../../support/node-build.ts'
import type { PathProxy } from '../../support/path-proxy.ts'
import { startPathProxy } from '../../support/path-proxy.ts'
import { says } from './site-tabs.ts'

let proxy: PathProxy
let node: NodeBuild
let browser: Chromium
let files: string

beforeAll(async () => {
  proxy = await startPathProxy('/some/path/')
  files = await mkdtemp(join(tmpdir(), 'below-a-path-'))
  await mkdir(join(files, 'own'))
  await writeFile(join(files, 'own/index.html'), '<title>own</title>')
  node = await startNodeBuild([...LOCAL_MODE, '-host', proxy.host, '-files', files])
  proxy.target = node.origin
  browser = await startChromium()
})

afterAll(async () => {
  await browser?.close()
  await node?.stop()
  await proxy?.close()
  await rm(files, { recursive: true, force: true })
})

test("behind a proxy that serves it below a path, the program's site connects to the program's peer", async () => {
  const { page } = await browser.open(`${proxy.url}?native#/peer`)
  await says(page, '#status', 'Your libp2p peer is running.')
  await says(page, '#place', 'In the program that serves this page.')
  await page.close()
})

test("behind such a proxy, a page with the relay's URL below the path uses the peer in the browser there", async () => {
  const { page } = await browser.open(`${proxy.url}examples/chat.html`)
  const report = await page.evaluate(() => [
    globalThis.libp2pWebSocket?.relay,
    globalThis.libp2pWebSocket?.url,
  ])
  expect(report).toEqual(['shared-worker', `${proxy.url.replace('http:', 'ws:')}libp2p`])
  await says(page, 'main', 'Open a room')
  await page.close()
})

test('behind such a proxy, a directory without its slash and the chat under its name of 2020 are found', async () => {
  const { page } = await browser.open(`${proxy.url}own?a=1`)
  expect([page.url(), await page.title()]).toEqual([`${proxy.url}own/?a=1`, 'own'])
  await page.goto(`${proxy.url}chat.html?a=1#b`)
  expect(page.url()).toBe(`${proxy.url}examples/chat.html?a=1#b`)
  await says(page, 'h1', 'Chat')
  await page.close()
})
