import { readFile } from 'node:fs/promises'
import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { faultsOf } from '../../support/accessibility.ts'
import type { TestBrowser } from '../../support/chromium.ts'
import type { NextBuild } from '../../support/next-build.ts'
import { makeNextBuild } from '../../support/next-build.ts'
import { shoot } from '../../support/screenshots.ts'
import { until } from '../../support/until.ts'
import { isInstalled } from '../../support/installed-browsers.js'
import type { HostedSite } from './hosted-site.ts'
import { buildsOf, startHostedSite } from './hosted-site.ts'
import { click, fill, says, text } from './site-tabs.ts'

/*
 * The built site on a static host with a public name, below a path, as in docs/hosting.md. The tests are one
 * visit: each continues where the previous one ended.
 */

const BROWSERS = [
  { name: 'Chromium', start: (hosted: HostedSite) => hosted.browser() },
  { name: 'Firefox', start: (hosted: HostedSite) => hosted.firefox() },
].filter(isInstalled)

/** A page of 2020, with nothing of ours in it. */
const OLD_PAGE = `<!doctype html><title>old</title><h1>A page of 2020</h1><script>
  var socket = new WebSocket('ws://' + location.host + '/libp2p')
  socket.onopen = function () { document.title = 'open' }
  socket.onerror = function () { document.title = 'no relay' }
</script>`

/** Looks for a new build, as every page does twice an hour. */
const lookForUpdate = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    await (await navigator.serviceWorker.ready).update()
  })

/** Expects all parts that a page runs with to be of this build; `script` is what the page has loaded. */
async function isOf(build: string, page: Page): Promise<void> {
  const script = page.waitForResponse((response) => response.url().endsWith('/libp2p-websocket.js'))
  await page.reload()
  expect(await (await script).text()).toContain(build)
  await says(page, '#status', 'Your libp2p peer is running.')
  expect(await buildsOf(page)).toEqual({ serviceWorker: build, peer: build })
}

test('its headers are written down for the hosts that read them', async () => {
  const rules = await readFile('dist/site/_headers', 'utf8')
  for (const path of ['/', '/index.html', '/folder.html', '/examples/chat', '/examples/chat.html']) {
    expect(rules).toMatch(new RegExp(`^${path}\n  Content-Security-Policy: .*frame-ancestors 'none'$`, 'm'))
  }
  expect(rules).toMatch(/^\/relay-worker\.js\n {2}Content-Security-Policy: default-src 'none'/m)
})

describe.each(BROWSERS)('in $name', ({ name, start }) => {
  const isFirefox = name === 'Firefox'
  // BiDi cannot emulate the colour scheme that a user prefers.
  const schemes = isFirefox ? [] : undefined

  let hosted: HostedSite
  let browser: TestBrowser
  let next: NextBuild

  beforeAll(async () => {
    hosted = await startHostedSite()
    browser = await start(hosted)
    next = await makeNextBuild()
  })

  afterAll(async () => {
    await browser?.close()
    await hosted?.close()
    await next?.remove()
  })

  const open = async (path = ''): Promise<Page> => (await browser.open(hosted.url + path)).page

  test('the first visit contacts only its host, finds every file, and stores the site', async () => {
    const page = await browser.browser.newPage()
    const urls: string[] = []
    page.on('request', (request) => urls.push(request.url()))
    hosted.host.put('old.html', { type: 'text/html', body: OLD_PAGE })
    const old = await open('old.html')
    await until('the old page to find no relay', async () => (await old.title()) === 'no relay')
    await page.goto(`${hosted.url}#/peer`)
    await says(page, '#status', 'Your libp2p peer is running.')
    await says(page, '#relays', 'reservation held for')
    await says(page, '#kept', 'This site now opens offline. Reload pages that were already open')
    expect(urls.filter((url) => !url.startsWith(hosted.url))).toEqual([])
    expect(
      hosted.host.asked.filter((line) => line.startsWith(hosted.host.path) && !/ (200|304)$/.test(line)),
    ).toEqual([])
    await old.reload()
    await until('the old page to reach the peer', async () => (await old.title()) === 'open')
    await old.close()
  })

  // Firefox installs no sites, and BiDi has no command for it.
  test.skipIf(isFirefox)('it can be installed', async () => {
    const page = await open()
    const session = await page.createCDPSession()
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors')
    expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([])
    const { url, errors } = await session.send('Page.getAppManifest')
    expect(errors).toEqual([])
    expect(url).toBe(`${hosted.url}manifest.webmanifest`)
    await session.detach()
  })

  test('inside a page of another site it shows only a link to itself', async () => {
    hosted.host.put('frame.html', { type: 'text/html', body: `<iframe src="${hosted.url}"></iframe>` })
    const { page } = await browser.open(`http://127.0.0.1:${hosted.host.port}${hosted.host.path}frame.html`)
    const frame = await until('the frame', () => page.frames().find((frame) => frame.url() === hosted.url))
    await until('the link', async () => (await frame.$('#framed a')) !== null)
    expect(await frame.$('#status')).toBeNull()
    await page.close()
  })

  test('without a network every page opens and says what still works, and two tabs talk', async () => {
    await hosted.host.goDown()
    // Offline emulation doesn't affect the worker's open sockets, and a peer with connections is not offline.
    await hosted.relay.stop()
    const page = await browser.browser.newPage()
    await page.setOfflineMode(true)
    await page.goto(`${hosted.url}#/peer`)
    await says(page, '#status', 'Your libp2p peer is running.')
    await says(page, '#offline', 'You are offline. Tabs of this browser can still connect to each other')
    expect(await faultsOf(page, schemes)).toEqual([])
    await look(page, 'offline')
    for (const place of ['inspector', 'folders', 'settings']) {
      await page.goto(`${hosted.url}#/${place}`)
      await until(`the place ${place}`, async () => (await page.title()).toLowerCase().startsWith(place))
    }
    for (const name of ['chat', 'files', 'board', 'bare']) {
      const example = await open(`examples/${name}.html`)
      expect(await text(example, 'h1')).not.toBe('')
      await example.close()
    }
    const first = await open('examples/hello.html')
    await says(first, '#log', 'Listening.')
    const second = await open('examples/hello.html?again')
    await says(second, '#log', 'Received: Hello from another tab!')
    await Promise.all([page.close(), first.close(), second.close()])
    await hosted.host.comeUp()
  })

  test('a new build is offered in every tab, and replaces the old one in all of them once no tab has streams', async () => {
    const one = await open('#/inspector')
    const two = await open('#/inspector')
    const hello = await open('examples/hello.html')
    await says(hello, '#log', 'Listening.')
    await isOf(next.before, one)
    // The second tab's own stream.
    await says(two, '#status', 'Your libp2p peer is running.')
    await says(two, '.tools', 'Record')
    await two.select('#hand-type', 'connect')
    await until('the field of the peer', async () => (await two.$('#hand-peerid')) !== null)
    const peer = await text(hello, '#log').then((log) => /Your peer is (\S+)/.exec(log)?.[1] ?? '')
    await fill(two, '#hand-peerid', peer)
    await fill(two, '#hand-protocol', '/x/hello')
    await click(two, '#hand-send')
    await says(two, '#hand-said', 'Sent')

    hosted.host.deploy(next.directory)
    await lookForUpdate(one)
    for (const page of [one, two]) await says(page, '#update', 'A new version of this site is available.')
    expect(await faultsOf(one, schemes)).toEqual([])
    await look(one, 'update')
    await click(one, '#take-update')
    await says(one, '#held-up', 'has open connections')
    await says(one, '#held-up', '/examples/hello.html')
    expect(await faultsOf(one, schemes)).toEqual([])
    await look(one, 'held-up')
    // A tab that is opened now uses the old build, in all its parts.
    const three = await open('#/peer')
    await says(three, '#update', 'A new version of this site is available.')
    await isOf(next.before, three)
    await three.close()

    await hello.close()
    await click(two, '#hand-close')
    await until('the streams to end', async () => (await two.$('#hand-close')) === null)
    await one.bringToFront()
    const reloaded = [one, two].map((page) => page.waitForNavigation({ timeout: 60_000 }))
    await click(one, '#take-update')
    await Promise.all(reloaded)
    for (const page of [one, two]) {
      await says(page, '#status', 'Your libp2p peer is running.')
      await says(page, '#kept', 'opens offline')
      await isOf(next.after, page)
    }
    await Promise.all([one.close(), two.close()])
  })

  test('while the host has files of two builds, the site stays at the old one', async () => {
    hosted.host.deploy('dist/site')
    hosted.host.put('relay-worker/main.js', { type: 'text/javascript', body: 'of yet another build' })
    const page = await open('#/peer')
    await says(page, '#status', 'Your libp2p peer is running.')
    await lookForUpdate(page).catch(() => undefined)
    await until('the new service worker to have failed', () =>
      page.evaluate(async () => {
        const { installing, waiting } = await navigator.serviceWorker.ready
        return installing === null && waiting === null
      }),
    )
    await isOf(next.after, page)
    expect(await page.$('#update')).toBeNull()
  })

  async function look(page: Page, name: string): Promise<void> {
    if (!isFirefox) expect(await shoot(page, name)).toEqual([])
  }
})
