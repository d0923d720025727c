import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestBrowser } from '../../support/chromium.ts'
import { isInstalled } from '../../support/installed-browsers.js'
import { until } from '../../support/until.ts'
import type { HostedSite } from './hosted-site.ts'
import { startHostedSite } from './hosted-site.ts'
import { click, says } from './site-tabs.ts'

/* Pages made with other people's tools, which know nothing about us, below the site and in a folder. */

/** Compares its document with the author's HTML, as React does before it hydrates. */
const COMPARES = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>compares</title><script>
  addEventListener('load', () => { globalThis.atLoad = document.documentElement.outerHTML })
</script></head><body><p>As it was written.</p></body></html>`

/** Has an import map, which it inserts when the peer is already running. */
const MAPS = `<!DOCTYPE html><html><head><title>maps</title></head><body><script>
  new WebSocket(libp2pWebSocket.url)
</script></body></html>`

/** Pages that are easy to misread. */
const ODD: Record<string, string> = {
  nul: '\0<!doctype html><title>t</title><p>p',
  escaped: '<!doctype html><script><!-- <script> </script> "<p>" --></script><title>t</title><p>p',
  headless: '<!doctype html><!-- c --><title>t</title><p>p',
  frameset: '<!doctype html><html>\n\0<frameset></frameset>',
  quirks: '<p>p<table><p>q',
  template: '<!doctype html><template><svg><title><p></title></svg></template><link rel=x><p>p',
}

/** What Vite builds for an app without a base: everything is loaded from the root of the origin. */
const APP: Record<string, string> = {
  'index.html': `<!doctype html><html><head><title>blank</title>
    <script type="module" crossorigin src="/assets/index-BxV1.js"></script>
    <link rel="stylesheet" crossorigin href="/assets/index-C2dE.css"></head><body><div id="root"></div></body></html>`,
  'assets/index-BxV1.js': `
    globalThis.started = (globalThis.started ?? 0) + 1
    export const name = 'the app'
    import('./words-D3fG.js').then(async ({ words }) => {
      const { more } = await (await fetch('/data.json')).json()
      document.getElementById('root').textContent = words + more
      const asked = await Promise.all(['/libp2p-websocket/icon.svg', '/none.json'].map((path) => fetch(path)))
      document.title = asked.map(({ status }) => status).join(', ')
    })`,
  'assets/words-D3fG.js': `import { name } from './index-BxV1.js'; export const words = 'From ' + name`,
  'assets/index-C2dE.css': `@import '/assets/more.css'; #root { color: rgb(1, 2, 3) }`,
  'assets/more.css': `#root { background-color: rgb(4, 5, 6) }`,
  'data.json': '{ "more": ", and data." }',
  // Our tag before the declaration would move it beyond the first 1,024 bytes.
  'moved.html': `<!doctype html><html><head><!-- ${'x'.repeat(940)} --><title>t</title><meta charset="windows-1251">`,
  'late.html': `<!doctype html><html><head><style>/*${'x'.repeat(3000)}*/</style><meta charset="windows-1251">`,
  'xml.html': '<?xml version="1.0" encoding="windows-1251"?><!doctype html><title>t</title>',
  'silent.html': '<!doctype html><title>t</title>',
}

const BROWSERS = [
  { name: 'Chromium', start: (): Promise<TestBrowser> => hosted.browser() },
  { name: 'Firefox', start: () => hosted.firefox() },
].filter(isInstalled)

let hosted: HostedSite
const browsers = new Map<string, TestBrowser>()

beforeAll(async () => {
  hosted = await startHostedSite()
  const html = { type: 'text/html; charset=utf-8' }
  hosted.host.put('compares.html', { ...html, body: COMPARES })
  hosted.host.put('maps.html', { ...html, body: MAPS })
  for (const [name, body] of Object.entries(ODD)) {
    hosted.host.put(`${name}.html`, { ...html, body })
    hosted.host.put(`${name}-alone.html`, { ...html, body, headers: { 'libp2p-websocket': 'native' } })
  }
  hosted.host.put('mapped.js', { type: 'text/javascript', body: `export const mapped = 'by the map'` })
  for (const { name, start } of BROWSERS) {
    const browser = await start()
    browsers.set(name, browser)
    const { page } = await browser.open(`${hosted.url}#/folders`)
    await says(page, '#kept', 'opens offline')
    await copyApp(page)
    await says(page, '#folders-said', 'Added “app”.')
  }
})

afterAll(async () => {
  for (const browser of browsers.values()) await browser.close()
  await hosted?.close()
})

async function copyApp(page: Page): Promise<void> {
  await page.waitForSelector('#copy-folder')
  await page.$eval(
    '#copy-folder',
    (input, files) => {
      const chosen = Object.entries(files).map(([name, content]) => {
        const file = new File([content], name)
        Object.defineProperty(file, 'webkitRelativePath', { value: `app/${name}` })
        return file
      })
      Object.defineProperty(input, 'files', { value: chosen, configurable: true })
      input.dispatchEvent(new Event('change'))
    },
    APP,
  )
}

async function open(name: string, path: string): Promise<Page> {
  const { page } = await (browsers.get(name) as TestBrowser).open(hosted.url + path)
  return page
}

describe.each(BROWSERS)('a page that knows nothing about us, in $name,', ({ name }) => {
  test('has our WebSocket, and finds its document as its author wrote it', async () => {
    const page = await open(name, 'compares.html')
    const atLoad = await until('the page', () => page.evaluate(() => Reflect.get(globalThis, 'atLoad')))
    expect(`<!DOCTYPE html>${String(atLoad)}`).toBe(COMPARES)
    expect(await page.evaluate(() => globalThis.libp2pWebSocket?.relay)).toBe('shared-worker')
    await page.close()
  })

  test.each(Object.keys(ODD))(
    'is the same document with our script as without, even if it is odd: %s',
    async (odd) => {
      const page = await open(name, `${odd}-alone.html`)
      const documentOf = () => page.evaluate(() => [document.compatMode, document.documentElement.outerHTML])
      expect(await page.evaluate(() => globalThis.libp2pWebSocket === undefined)).toBe(true)
      const alone = await documentOf()
      await page.goto(`${hosted.url}${odd}.html`)
      expect(await page.evaluate(() => globalThis.libp2pWebSocket?.relay)).toBe('shared-worker')
      expect(await documentOf()).toEqual(alone)
      await page.close()
    },
  )

  test('uses its import map even after its tab has started to lend WebRTC, which leaves no trace in it', async () => {
    const page = await open(name, 'maps.html')
    await until('the tab to lend', () =>
      page.evaluate(() =>
        performance.getEntriesByType('resource').some((entry) => entry.name.endsWith('/rtc-lender.js')),
      ),
    )
    expect(await page.$$eval('script[src]', (scripts) => scripts.length)).toBe(0)
    const mapped = await page.evaluate(`(async () => {
      const map = document.createElement('script')
      map.type = 'importmap'
      map.textContent = '{ "imports": { "mapped": "./mapped.js" } }'
      document.head.append(map)
      return (await import('mapped')).mapped
    })()`)
    expect(mapped).toBe('by the map')
    const peer = await open(name, '#/peer')
    await until('both tabs to lend', async () =>
      (await peer.$eval('#clients', (list) => (list as HTMLElement).innerText)).includes('maps'),
    )
    await says(peer, '#clients', /maps[^]*provides WebRTC/)
    await peer.close()
    await page.close()
  })

  test('works in a folder even if it assumes the root of its origin', async () => {
    const page = await open(name, 'folders/app/')
    await click(page, '#open-folder')
    await says(page, '#root', 'From the app, and data.')
    // A file that the folder lacks is answered as it would be without the folder.
    await until('the site’s own', async () => (await page.title()) === '200, 404')
    const colours = await page.$eval('#root', (root) => {
      const { color, backgroundColor } = getComputedStyle(root)
      return [color, backgroundColor]
    })
    expect(colours).toEqual(['rgb(1, 2, 3)', 'rgb(4, 5, 6)'])
    // Under one URL only, or its modules would run twice.
    expect(await page.evaluate(() => Reflect.get(globalThis, 'started'))).toBe(1)
    await page.close()
  })

  test('is read in the encoding that it declares, wherever it does so', async () => {
    const page = await open(name, 'folders/app/moved.html')
    const read: string[] = []
    for (const file of ['moved', 'late', 'xml', 'silent']) {
      await page.goto(`${hosted.url}folders/app/${file}.html`)
      read.push(await page.evaluate(() => `${document.characterSet}, ${globalThis.libp2pWebSocket?.relay}`))
    }
    const cyrillic = 'windows-1251, shared-worker'
    expect(read).toEqual([cyrillic, cyrillic, cyrillic, 'UTF-8, shared-worker'])
    await page.close()
  })
})
