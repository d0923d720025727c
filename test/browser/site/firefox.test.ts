import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestBrowser } from '../../support/chromium.ts'
import { startFirefox } from '../../support/firefox.ts'
import { isInstalled } from '../../support/installed-browsers.js'
import type { NodeBuild } from '../../support/node-build.ts'
import { startNodeBuild } from '../../support/node-build.ts'
import { faultsOf } from '../../support/accessibility.ts'
import { click, fill, says, text } from './site-tabs.ts'

let node: NodeBuild
let firefox: TestBrowser

beforeAll(async () => {
  node = await startNodeBuild()
  if (isInstalled({ name: 'Firefox' })) firefox = await startFirefox()
})

afterAll(async () => {
  await firefox?.close()
  await node?.stop()
})

test.skipIf(!isInstalled({ name: 'Firefox' }))(
  'the first screen and the examples are the same in Firefox',
  async () => {
    const { page, lines } = await firefox.open(`${node.origin}/`)
    await says(page, '#status', 'Your peer is ready. Other browsers can reach it through the circuit relay.')
    expect(await text(page, 'h1')).toBe('Peer-to-peer for web pages')
    expect(await faultsOf(page, [])).toEqual([])
    for (const name of ['hello', 'chat', 'files', 'board']) {
      await page.goto(`${node.origin}/examples/${name}.html`)
      await says(page, '#map-said', 'Your peer is ready.')
      expect(await faultsOf(page, [])).toEqual([])
    }
    expect(lines.filter((line) => line.startsWith('error'))).toEqual([])
  },
)

test.skipIf(!isInstalled({ name: 'Firefox' }))(
  'the site shows its peer, records messages and stores settings in Firefox too',
  async () => {
    const { page, lines } = await firefox.open(`${node.origin}/#/peer`)
    await says(page, '#status', 'Your libp2p peer is running.')
    await says(page, '#relays', 'reservation held for')
    await says(page, '#connections', 'Direct, over WebSocket.')
    await says(page, '#clients', 'provides WebRTC')
    expect(await faultsOf(page, [])).toEqual([])

    await page.goto(`${node.origin}/#/inspector`)
    await click(page, '#record')
    await says(page, '#record', 'Stop recording')
    await fill(page, '#hand-protocol', '/x/by-hand')
    await click(page, '#hand-send')
    await says(page, '.messages', /Listening[^]*Listen/)
    expect(await faultsOf(page, [])).toEqual([])
    await click(page, '#record')

    await page.goto(`${node.origin}/#/settings`)
    await fill(page, '#relays', 'relay.example')
    await click(page, '#save')
    await says(page, '#said', 'is not a multiaddr')
    expect(await text(page, '#peer-name')).toMatch(/^12D3/)
    expect(await faultsOf(page, [])).toEqual([])
    expect(lines.filter((line) => line.startsWith('error'))).toEqual([])
  },
)
