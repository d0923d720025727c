import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestBrowser } from '../../support/chromium.ts'
import { isInstalled } from '../../support/installed-browsers.js'
import type { StaticFile } from '../../support/static-host.ts'
import { until } from '../../support/until.ts'
import type { HostedSite } from './hosted-site.ts'
import { startHostedSite } from './hosted-site.ts'
import { click, says, text } from './site-tabs.ts'

/*
 * What the browser keeps in case the host fails: the site's own files, and the last good network.json. Each
 * test continues where the previous one ended.
 */

const LOGIN = '<!doctype html><title>Log in</title><form>Your name: <input></form>'

const WRONG: [string, StaticFile, string][] = [
  ['401', { type: 'text/html', body: LOGIN, status: 401 }, 'the server asks for a login (status 401)'],
  ['404', { type: 'text/html', body: LOGIN, status: 404 }, 'the server answers with status 404'],
  ['502', { type: 'text/html', body: LOGIN, status: 502 }, 'the server answers with status 502'],
  [
    'a redirect to a login page',
    { type: 'text/html', body: '', status: 302, headers: { location: './login.html' } },
    'the server asks for a login (status 200)',
  ],
  ['a login page', { type: 'text/html', body: LOGIN }, 'the server asks for a login (status 200)'],
  ['half a file', { type: 'application/json', body: '{"relays":[' }, 'something that is not JSON'],
  [
    'an error in JSON',
    { type: 'application/json', body: '{"error":"unauthorized"}' },
    'the server answers with JSON of another format',
  ],
]

const BROWSERS = [
  { name: 'Chromium', start: (hosted: HostedSite) => hosted.browser() },
  { name: 'Firefox', start: (hosted: HostedSite) => hosted.firefox() },
].filter(isInstalled)

describe.each(BROWSERS)('in $name', ({ name, start }) => {
  // Firefox doesn't consider this host secure enough for a page to have caches.
  const testCaches = test.skipIf(name === 'Firefox')

  let hosted: HostedSite
  let browser: TestBrowser
  let page: Page
  let network: string

  beforeAll(async () => {
    hosted = await startHostedSite()
    hosted.host.put('login.html', { type: 'text/html', body: LOGIN })
    network = await (await fetch(`${hosted.relay.origin}/network.json`)).text()
    browser = await start(hosted)
    page = (await browser.open(`${hosted.url}#/peer`)).page
  })

  afterAll(async () => {
    await browser?.close()
    await hosted?.close()
  })

  /** Makes the peer read network.json again, and opens the page that shows the result. */
  async function readAgain(): Promise<void> {
    await page.goto(`${hosted.url}#/settings`)
    await page.reload()
    await until('the settings', async () => (await page.$('#relays-help')) !== null)
    await page.goto(`${hosted.url}#/peer`)
  }

  test('the first visit stores network.json, and the page says that the site is stored once it is', async () => {
    await says(page, '#kept', 'opens offline')
    expect(await text(page, '#kept')).not.toContain('network.json')
    await hosted.host.goDown()
    await readAgain()
    await says(page, '#findings', 'The server is not returning /network.json: the server does not answer')
    await says(page, '#relays', 'reservation held for')
    await hosted.host.comeUp()
  })

  test.each(WRONG)(
    '%s instead of network.json is reported, and the stored one is used',
    async (_, answer, words) => {
      hosted.host.put('network.json', answer)
      await readAgain()
      await says(page, '#findings', words)
      await says(page, '#findings', 'The last version that it returned is used instead.')
      await says(page, '#relays', 'reservation held for')
    },
  )

  test("a link shows the server's own answer, without what is stored", async () => {
    hosted.host.put('network.json', { type: 'text/html', body: LOGIN })
    const href = await page.$eval('#servers-file', (link) => (link as HTMLAnchorElement).href)
    const login = (await browser.open(href)).page
    expect(await login.title()).toBe('Log in')
    await login.close()
    hosted.host.put('network.json', { type: 'application/json', body: network })
    await readAgain()
    await until('no problem', async () => (await page.$('#servers-file')) === null)
  })

  testCaches('files of the site that another page has deleted are fetched again', async () => {
    await page.evaluate(async () => {
      for (const name of await caches.keys()) await caches.delete(name)
    })
    await page.reload()
    await says(page, '#kept', 'opens offline')
    await hosted.host.goDown()
    await page.reload()
    await says(page, '#status', 'Your libp2p peer is running.')
    await readAgain()
    await says(page, '#relays', 'reservation held for')
    await hosted.host.comeUp()
  })

  testCaches('files that cannot be fetched again are reported', async () => {
    await page.evaluate(async () => {
      for (const name of await caches.keys()) await caches.delete(name)
    })
    hosted.host.put('examples/bare.js', { type: 'text/javascript', body: 'another build’s' })
    await page.reload()
    await says(page, '#kept', 'One file of this site could not be saved')
    hosted.host.remove('examples/bare.js')
    await page.reload()
    await says(page, '#kept', 'opens offline')
  })

  // Only Chromium lets a test answer the requests of a page that has a service worker.
  testCaches('a diagnosis that cannot be loaded is reported, and the rest of the page works', async () => {
    const { page: other } = await browser.open('about:blank')
    await other.setBypassServiceWorker(true)
    await other.setRequestInterception(true)
    other.on('request', (request) => {
      const isDiagnosis = request.url().includes('/findings-view-')
      void (isDiagnosis ? request.respond({ status: 404, body: '' }) : request.continue())
    })
    await other.goto(`${hosted.url}#/peer`)
    await says(other, '#findings', 'The diagnosis could not be loaded.')
    await says(other, '#relays', 'reservation held for')
    await other.close()
  })

  test('a page of a folder cannot replace the service worker, which serves it', async () => {
    await page.goto(`${hosted.url}#/folders`)
    await page.waitForSelector('#copy-folder')
    await page.$eval('#copy-folder', (input) => {
      const app = `<!doctype html><title>app</title><script>
        navigator.serviceWorker.ready.then((registration) => registration.unregister()).then((is) => {
          document.title = 'unregistered: ' + is
        })</script>`
      const file = new File([app], 'index.html')
      Object.defineProperty(file, 'webkitRelativePath', { value: 'app/index.html' })
      Object.defineProperty(input, 'files', { value: [file], configurable: true })
      input.dispatchEvent(new Event('change'))
    })
    await says(page, '#folders-said', 'Added “app”.')
    const app = (await browser.open(`${hosted.url}folders/app/`)).page
    await click(app, '#open-folder')
    await says(app, 'title', 'unregistered: false')
    const again = (await browser.open(`${hosted.url}folders/app/`)).page
    await says(again, 'title', 'unregistered: false')
    await Promise.all([app.close(), again.close()])
  })

  test('when a page has deleted the databases, the loss of the key and of a folder is reported', async () => {
    await page.goto(`${hosted.url}#/peer`)
    await until('the peer', async () => (await page.$('#peer')) !== null)
    const peer = await text(page, '#peer')
    const other = (await browser.open(`${hosted.url}examples/bare.html`)).page
    await other.evaluate(async () => {
      for (const { name = '' } of await indexedDB.databases()) {
        await new Promise((resolve) => {
          const request = indexedDB.deleteDatabase(name)
          request.onsuccess = resolve
          request.onblocked = resolve
        })
      }
      const socket = new WebSocket('/libp2p', ['operator-1.libp2p-websocket'])
      await new Promise((resolve) => socket.addEventListener('open', resolve))
      const closed = new Promise((resolve) => socket.addEventListener('close', resolve))
      socket.send(new TextEncoder().encode('{"id":1,"question":{"type":"restart"}}'))
      await closed
    })
    await other.close()
    await says(page, '#lost-peer', `The key of your peer ${peer} is gone`)
    await click(page, '#lost-peer button')
    await until('the notice to go', async () => (await page.$('#lost-peer')) === null)
    await page.goto(`${hosted.url}#/folders`)
    await page.reload()
    await says(page, '#lost-folders', 'These folders are missing: app')
    await click(page, '#lost-folders button')
    await page.reload()
    await says(page, '#app', 'No folders yet.')
    expect(await page.$('#lost-folders')).toBeNull()
  })
})

test.each(BROWSERS)(
  'a guest in $name who has opened only the invitation can open it without a network',
  async ({ start }) => {
    const hosted = await startHostedSite()
    const browser = await start(hosted)
    try {
      const { page } = await browser.open(`${hosted.url}examples/chat.html`)
      await says(page, '#status', 'Your peer is running')
      await page.evaluate(async () => {
        const { active } = await navigator.serviceWorker.ready
        await new Promise<void>((resolve) => {
          const look = (): void => {
            if (active?.state === 'activated') resolve()
          }
          active?.addEventListener('statechange', look)
          look()
        })
      })
      await hosted.host.goDown()
      const { page: offline } = await browser.open(`${hosted.url}examples/chat.html`)
      await says(offline, '#status', 'Your peer is running')
      await hosted.host.comeUp()
    } finally {
      await browser.close()
      await hosted.close()
    }
  },
)
