import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { BROWSERS } from '../../support/browsers.ts'
import type { TestBrowser } from '../../support/chromium.ts'
import { connectLab, makeLab } from '../../support/lab-page.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { LOCAL_MODE, startNodeBuild } from '../../support/node-build.ts'
import type { StaticFile, StaticHost } from '../../support/static-host.ts'
import { startStaticHost } from '../../support/static-host.ts'
import { copyPageScripts } from '../../support/page-scripts.ts'
import { until } from '../../support/until.ts'

const LOGIN = '<!doctype html><title>Log in</title><form>Your name: <input></form>'

const WRONG: [string, StaticFile, string | RegExp][] = [
  ['is missing', { type: 'text/html', body: LOGIN, status: 404 }, 'the server answers with status 404'],
  ['is unavailable', { type: 'text/html', body: LOGIN, status: 503 }, 'the server answers with status 503'],
  ['is a login page', { type: 'text/html', body: LOGIN }, 'the server answers with text/html instead'],
  [
    'leads to a login page',
    { type: 'text/html', body: '', status: 302, headers: { location: '/login.html' } },
    /the server answers with text\/html from http:.*\/login\.html instead of JavaScript/u,
  ],
  ['throws', { type: 'text/javascript', body: 'throw new Error("out of tune")' }, 'out of tune'],
  ['is cut short', { type: 'text/javascript', body: 'addEventListener(' }, 'could not be started'],
]

let files: Awaited<ReturnType<typeof makeLab>>

beforeAll(async () => {
  files = await makeLab()
  await copyPageScripts(files.directory)
  const lab = await readFile(join(files.directory, 'lab.html'), 'utf8')
  const page = (name: string, html: string): Promise<void> => writeFile(join(files.directory, name), html)
  const policed = (policy: string): string =>
    lab.replace('<head>', `<head><meta http-equiv="content-security-policy" content="${policy}">`)
  await page('file.html', lab.replaceAll('src="/', 'src="./'))
  await page('no-workers.html', policed("worker-src 'none'"))
  await page('trusted-types.html', policed("require-trusted-types-for 'script'; trusted-types other"))
})

afterAll(async () => {
  await files?.remove()
})

/** How the page's socket on `/libp2p` ends. */
const socketFails = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const socket = new WebSocket('/libp2p')
    return await new Promise<number>((resolve) => {
      socket.onclose = ({ code }) => resolve(code)
    })
  })

const reported = (page: Page): Promise<{ relay: string; reason: string }> =>
  page.evaluate(() => ({ relay: libp2pWebSocket?.relay ?? '', reason: libp2pWebSocket?.reason ?? '' }))

describe.each(BROWSERS)('in $name', ({ start }) => {
  let browser: TestBrowser
  beforeAll(async () => {
    browser = await start()
  })
  afterAll(async () => {
    await browser?.close()
  })

  describe('a worker’s script', () => {
    let host: StaticHost
    // Another origin each time, so that no worker is left from before.
    beforeEach(async () => {
      host = await startStaticHost(files.directory, '/')
      host.put('network.json', { type: 'application/json', body: '{}' })
      host.put('login.html', { type: 'text/html', body: LOGIN })
    })
    afterEach(async () => {
      await host?.close()
    })

    test.each(WRONG)(
      'that %s is named in the error with the reason, and used once it is right',
      async (_, answer, words) => {
        host.put('relay-worker.js', answer)
        const { page, lines } = await browser.open(`http://127.0.0.1:${host.port}/lab.html`)
        expect(await socketFails(page)).toBe(1006)
        const said = await until('the reason', async () => {
          const { relay, reason } = await reported(page)
          const isSaid = typeof words === 'string' ? reason.includes(words) : words.test(reason)
          return relay === 'failed' && isSaid ? reason : undefined
        })
        expect(said).toContain(
          `the worker http://127.0.0.1:${host.port}/relay-worker.js could not be started`,
        )
        expect(lines.some((line) => line.includes(said))).toBe(true)
        // Another attempt with the same answer gives the same error, and leaves no more broken workers
        // behind.
        expect(await socketFails(page)).toBe(1006)
        host.remove('relay-worker.js')
        const { peer } = await connectLab(page)
        expect(peer).not.toBe('')
        expect(await reported(page)).toEqual({ relay: 'shared-worker', reason: '' })
        await page.close()
      },
    )

    test.each<[string, StaticFile, string]>([
      ['is missing', { type: 'text/html', body: LOGIN, status: 404 }, 'with status 404'],
      // Of classic workers Chromium accepts any type, of modules none but JavaScript's.
      [
        'is sent as plain text',
        { type: 'text/plain', body: 'export {}' },
        'with text/plain instead of JavaScript',
      ],
      [
        'is the start page',
        { type: 'text/html', body: '<!doctype html>' },
        'with text/html instead of JavaScript',
      ],
    ])('whose peer %s is named in the error, and used once it is right', async (_, answer, words) => {
      host.put('relay-worker/main.js', answer)
      const { page } = await browser.open(`http://127.0.0.1:${host.port}/lab.html`)
      expect(await socketFails(page)).toBe(1006)
      const { relay, reason } = await reported(page)
      expect(relay).toBe('failed')
      expect(reason).toContain(`./relay-worker/main.js can't be loaded: the server answers ${words}`)
      host.remove('relay-worker/main.js')
      const { peer } = await connectLab(page)
      expect(peer).not.toBe('')
      await page.close()
    })

    test('a page in place of network.json is a warning in the console of each page', async () => {
      host.put('network.json', { type: 'text/html', body: LOGIN })
      for (const _ of ['the page that starts the worker', 'a page that finds it running']) {
        const { page, lines } = await browser.open(`http://127.0.0.1:${host.port}/lab.html`)
        await connectLab(page)
        await until('the warning', () =>
          lines.find((line) => line.includes('/network.json: it is not JSON but text/html')),
        )
      }
    })

    test.each(['srcdoc', 'blob'])('serves a frame made of %s, which has no URL of its own', async (kind) => {
      const { page } = await browser.open(`http://127.0.0.1:${host.port}/lab.html`)
      const relay = await page.evaluate(async (kind) => {
        const html = `<!doctype html><script src="${location.origin}/libp2p-websocket.js"></script>`
        const frame = document.createElement('iframe')
        if (kind === 'srcdoc') frame.srcdoc = html
        else frame.src = URL.createObjectURL(new Blob([html], { type: 'text/html' }))
        const loaded = new Promise((resolve) => frame.addEventListener('load', resolve))
        document.body.append(frame)
        await loaded
        const inner = frame.contentWindow as unknown as typeof globalThis
        const socket = new inner.WebSocket(`ws://${location.host}/libp2p`)
        await new Promise<void>((resolve, reject) => {
          socket.onopen = () => resolve()
          socket.onclose = ({ code }) => reject(new Error(`it closed with ${code}`))
        })
        return inner.libp2pWebSocket?.relay
      }, kind)
      expect(relay).toBe('shared-worker')
      await page.close()
    })
  })

  test('a page that was opened from a file gets an error that says so', async () => {
    const { page } = await browser.open(pathToFileURL(join(files.directory, 'file.html')).href)
    const { relay, reason } = await reported(page)
    expect(relay).toBe('native')
    expect(reason).toContain('this page was opened from a file')
    await page.close()
  })

  describe('a page whose policy forbids the worker', () => {
    let node: NodeBuild
    beforeAll(async () => {
      node = await startNodeBuild([...LOCAL_MODE, '-files', files.directory])
    })
    afterAll(async () => {
      await node?.stop()
    })

    test.each([
      ['no-workers.html', 'content security policy does not allow the worker'],
      ['trusted-types.html', 'policy does not allow the worker'],
    ])('uses the relay of its server from its first socket on, and says why: %s', async (name, words) => {
      const { page } = await browser.open(`${node.origin}/${name}`)
      const { peer } = await connectLab(page)
      const status = (await (await fetch(`${node.origin}/status.json`)).json()) as { peer: { id: string } }
      expect(peer).toBe(status.peer.id)
      const { relay, reason } = await reported(page)
      expect(relay).toBe('native')
      expect(reason).toContain(words)
      await page.close()
    })
  })
})
