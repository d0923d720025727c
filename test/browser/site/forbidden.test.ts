import { afterAll, beforeAll, expect, test } from 'vitest'
import { faultsOf } from '../../support/accessibility.ts'
import type { TestBrowser } from '../../support/chromium.ts'
import { startChromiumAs } from '../../support/chromium.ts'
import { startFirefox } from '../../support/firefox.ts'
import { isInstalled } from '../../support/installed-browsers.js'
import type { NodeBuild } from '../../support/node-build.ts'
import { startNodeBuild } from '../../support/node-build.ts'
import { shoot } from '../../support/screenshots.ts'
import { says } from './site-tabs.ts'

/* What a browser may forbid: storage, and with it SharedWorkers and service workers. */

let node: NodeBuild

beforeAll(async () => {
  node = await startNodeBuild()
})

afterAll(async () => {
  await node?.stop()
})

const BROWSERS = [
  {
    name: 'Chromium',
    start: () => startChromiumAs({ profile: { default_content_setting_values: { cookies: 2 } } }),
    schemes: ['light', 'dark'],
  },
  { name: 'Firefox', start: () => startFirefox({ 'network.cookie.cookieBehavior': 2 }), schemes: [] },
].filter(isInstalled)

test.each(BROWSERS)(
  'where $name forbids storage, the site says so, and uses the relay that serves it',
  async ({ start, schemes }) => {
    const browser: TestBrowser = await start()
    try {
      const { page, lines } = await browser.open(`${node.origin}/#/peer`)
      await says(page, '#status', 'Your libp2p peer is running.')
      await says(
        page,
        '#place',
        'because the browser lets this page store nothing, so no peer can run in it.',
      )
      await says(page, '#kept', 'This site doesn’t open offline, and folders are unavailable')
      expect(lines.filter((line) => line.startsWith('error'))).toEqual([])
      await page.goto(`${node.origin}/#/folders`)
      await says(page, '#folders-problem', 'The browser gives this page no storage')
      expect(await faultsOf(page, schemes)).toEqual([])
      if (schemes.length > 0) expect(await shoot(page, 'storage-forbidden')).toEqual([])
      await page.goto(`${node.origin}/#/inspector`)
      await says(page, '.tools', 'Record')
      const { page: first } = await browser.open(`${node.origin}/examples/hello.html`)
      await says(first, '#log', 'Listening.')
      const { page: second } = await browser.open(`${node.origin}/examples/hello.html`)
      await says(second, '#log', 'Received: Hello from another tab!')
      const { page: chat } = await browser.open(`${node.origin}/examples/chat.html`)
      await says(chat, '#status', 'Your peer is running')
    } finally {
      await browser.close()
    }
  },
)
