import type { Page, Permission } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { SERVER_OPCODE, decodeConnectString, encodeClientMessage } from '../../../src/protocol/index.ts'
import { faultsOf } from '../../support/accessibility.ts'
import type { Chromium } from '../../support/chromium.ts'
import { shoot } from '../../support/screenshots.ts'
import { until } from '../../support/until.ts'
import { readRoute } from '../../../src/site/route.ts'
import { SiteTabs, click, fill, says, text } from './site-tabs.ts'

/* The built site with its peer: Chromium, and the Node build as its server and relay. */

/** What the site stores in its own file system: copies of folders, and received files. */
const DIRECTORIES = ['libp2p-websocket-folders', 'libp2p-websocket-received']

let site: SiteTabs

beforeAll(async () => {
  site = await SiteTabs.start()
})

afterAll(async () => {
  await site?.stop()
})

afterEach(async () => {
  await site.closeTabs()
})

/** Opens the peer's page, and waits until it shows what the peer does. */
async function openPeer(browser = site.one, place = 'peer'): Promise<Page> {
  const page = await site.open(`/#/${place}`, browser)
  await says(page, '#status', 'Your libp2p peer is running.')
  return page
}

/** The invitation with an address that uses WebRTC. */
async function invitation(page: Page): Promise<string> {
  await says(page, '#addresses', '/p2p-circuit/webrtc')
  return await page.$eval('#meet-link', (link) => (link as HTMLAnchorElement).href)
}

describe('the page of the peer', () => {
  test("shows the peer's ID, how it is reached, who uses it, and its traffic", async () => {
    const hello = await site.open('/examples/hello.html')
    await says(hello, '#log', 'Listening.')
    const page = await openPeer()
    const link = await invitation(page)
    const connectString = await page.$eval('#connect-string', (field) => (field as HTMLTextAreaElement).value)
    const { peer, addrs } = decodeConnectString(connectString)
    expect(peer).toBe(await text(page, '#peer'))
    expect(addrs.some((address) => address.endsWith('/p2p-circuit/webrtc'))).toBe(true)
    expect(readRoute(new URL(link).hash)).toEqual({ kind: 'meet', connectString })
    expect(await page.$('.qr')).not.toBeNull()
    await says(page, '#reach', 'Other peers can reach your peer')
    await says(page, '#relays', 'reservation held for')
    await says(page, '#connections', 'Direct, over')
    await says(page, '#clients', '/x/hello')
    const second = await site.open('/examples/hello.html')
    await says(second, '#log', 'Received: Hello from another tab!')
    await page.bringToFront()
    await says(page, '#received', /[1-9].* in total/)
    await until('the chart', async () => (await page.$('.chart canvas')) !== null)
    expect(await faultsOf(page)).toEqual([])
    expect(await shoot(page, 'peer')).toEqual([])
  })

  test('can be reached through its link from another browser, and a damaged link says what is wrong with it', async () => {
    const link = await invitation(await openPeer())
    const guest = await site.open(link, site.two)
    await says(guest, '#meet-title', 'A link to a peer')
    await click(guest, '#reach-it')
    await says(guest, '#reached', /It answered in \d+ ms\. (Direct, over WebRTC|Through the circuit relay)/)
    expect(await faultsOf(guest)).toEqual([])
    expect(await shoot(guest, 'meet')).toEqual([])
    const damaged = await site.open(link.slice(0, -7), site.two)
    await says(damaged, '#damaged', 'The connect string is damaged:')
    expect(await faultsOf(damaged)).toEqual([])
    const own = await site.open(link)
    await says(own, '#meet-title', 'This link leads to your peer')
  })

  test('can be used with the keyboard alone', async () => {
    const page = await openPeer()
    const focused = (): Promise<string> =>
      page.evaluate(() => document.activeElement?.textContent?.trim() ?? '')
    await page.bringToFront()
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('Skip to the content')
    for (let presses = 0; presses < 6 && (await focused()) !== 'Settings'; presses++)
      await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await until('the settings', async () => (await page.title()).startsWith('Settings'))
    expect(await focused()).toBe('Settings')
  })
})

describe('the inspector', () => {
  test('shows every message of every client while it records, and sends one by hand', async () => {
    const page = await openPeer(site.one, 'inspector')
    await says(page, '#recorded', 'Not recording.')
    await click(page, '#record')
    await says(page, '#record', 'Stop recording')
    const hello = await site.open('/examples/hello.html')
    await says(hello, '#log', 'Listening.')
    const second = await site.open('/examples/hello.html')
    await says(second, '#log', 'Received: Hello from another tab!')
    await page.bringToFront()
    await says(page, '.messages', /Data[^]*Peer Connection[^]*Listen Refused[^]*Identify[^]*Hello/)
    expect(await page.evaluate(() => document.body.innerText)).not.toContain('CAES')
    await fill(page, '#filter', 'connect /x/hello')
    await says(page, '.messages', 'Connect')
    expect(await text(page, '.messages tbody')).not.toContain('Identify')
    await click(page, '.messages .plain')
    await says(page, '.message-details', /PROTOCOL\s+\/x\/hello[^]*0000 {2}/)
    expect(await faultsOf(page)).toEqual([])
    expect(await shoot(page, 'inspector')).toEqual([])

    await fill(page, '#filter', '/x/by-hand')
    await fill(page, '#hand-protocol', '/x/by-hand')
    await click(page, '#hand-send')
    await says(page, '.messages', /Listening[^]*Listen/)
    await click(page, '#hand-close')
    await page.select('#hand-type', 'bytes')
    await fill(page, '#hand-hex', '0g')
    await click(page, '#hand-send')
    await says(page, '#hand-said', 'HEX must be pairs of hexadecimal digits')

    await click(page, '#record')
    await says(page, '#record', /^Record$/)
    await click(page, '#clear')
    await says(page, '#recorded', 'Not recording.')
  })

  test('while paused it collects new messages out of view, then shows them, and at most the last 2,000', async () => {
    const page = await openPeer(site.one, 'inspector')
    await click(page, '#record')
    await says(page, '#record', 'Stop recording')
    await sendData(page, 700_000n, 1)
    await says(page, '.messages', /Connection Closed[^]*700000/)
    await click(page, '#pause')
    await says(page, '#recorded', ', paused.')
    const before = await text(page, '#recorded')
    await sendData(page, 800_000n, 1_500)
    expect(await text(page, '#recorded')).toBe(before)
    expect(await text(page, '.messages')).not.toContain('800000')
    await click(page, '#pause')
    await says(page, '.messages', '801499')
    await says(page, '#recorded', '2,000 of 2,000 messages, recording.')
    await fill(page, '#filter', '700000')
    await says(page, '#recorded', '0 of 2,000 messages, recording.')
    await click(page, '#record')
    await says(page, '#record', /^Record$/)
    await click(page, '#clear')
    await says(page, '#recorded', 'Not recording.')
  })

  test('copies the shown messages as JSON', async () => {
    const permissions: Permission[] = ['clipboard-read', 'clipboard-write', 'clipboard-sanitized-write']
    await site.one.browser.defaultBrowserContext().overridePermissions(site.node.origin, permissions)
    const page = await openPeer(site.one, 'inspector')
    await click(page, '#record')
    const hello = await site.open('/examples/hello.html')
    await says(hello, '#log', 'Listening.')
    await page.bringToFront()
    await says(page, '.messages', 'Listening')
    await click(page, '#copy-json')
    await says(page, '#copy-json', 'Copied')
    const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText())) as {
      name: string
      hex: string
    }[]
    expect(copied.map(({ name }) => name)).toContain('Listening')
    expect(copied.find(({ name }) => name === 'Listen')?.hex).toMatch(/^0101/)
    await click(page, '#record')
    await says(page, '#record', /^Record$/)
  })
})

describe('the settings', () => {
  test('reject invalid addresses, save valid ones and apply them after a restart', async () => {
    const page = await openPeer(site.two, 'settings')
    await fill(page, '#relays', 'relay.example')
    await click(page, '#save')
    await says(page, '#said', /Nothing was saved\. Check Circuit relays\. .*is not a multiaddr/)
    const invalid = (): Promise<string[]> =>
      page.$$eval('[aria-invalid="true"]', (fields) => fields.map(({ id }) => id))
    expect(await invalid()).toEqual(['relays'])
    const long = 'x'.repeat(3_000)
    for (const [field, words] of [
      ['#relays', 'is not a multiaddr'],
      ['#iceServers', 'ICE server'],
    ] as const) {
      await fill(page, field, field === '#relays' ? long : `${long} ${long}`)
      await click(page, '#save')
      await says(page, '#said', new RegExp(`x{1000}[^]*${words}`, 'u'))
      const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
      expect(widths[0]).toBeLessThanOrEqual(widths[1] ?? 0)
      await fill(page, field, '')
    }
    const { peer } = decodeConnectString(await connectStringOf(site.two))
    await fill(page, '#relays', '')
    await fill(page, '#bootstrap', `/ip4/127.0.0.1/tcp/1/ws/p2p/${peer}`)
    await fill(page, '#iceServers', 'turn:127.0.0.1:3478 ann')
    await click(page, '#save')
    await says(page, '#said', 'Check ICE servers.')
    await says(page, '#said', 'is not a valid ICE server')
    expect(await invalid()).toEqual(['iceServers'])
    await fill(page, '#iceServers', '')
    await click(page, '#save')
    await says(page, '#said', 'Saved. Restart your peer to apply the changes.')
    expect(await faultsOf(page)).toEqual([])
    expect(await shoot(page, 'settings')).toEqual([])
    await click(page, '#restart')
    await until('the peer to have restarted', async () => (await page.$('#restart')) === null)
    await says(page, '#status', 'Your libp2p peer is running.')
    await says(page, '#peer-name', peer)
    // The settings of the restarted peer don't overwrite what is typed before they arrive.
    await fill(page, '#bootstrap', '')
    await click(page, '#save')
    await says(page, '#said', 'Saved. Restart your peer to apply the changes.')
  })

  test('replace the identity and restore it', async () => {
    const page = await openPeer(site.two, 'settings')
    await until('the name of the peer', async () => (await text(page, '#peer-name')) !== '')
    const before = await text(page, '#peer-name')
    await click(page, '#show-key')
    const key = await text(page, '#key')
    expect(key).toMatch(/^CAES/)
    await click(page, '#new-key')
    await says(page, '[role="alertdialog"]', 'Export it first if you want to keep it')
    await click(page, '#confirm-key')
    await restart(page)
    await until('another peer', async () => !['', before].includes(await text(page, '#peer-name')))

    await importKey(page, 'no key')
    await says(page, '#identity-said', 'Nothing was changed.')
    await importKey(page, key)
    await says(page, '#identity-said', before)
    await restart(page)
    await says(page, '#peer-name', before)
  })

  test('delete all data', async () => {
    const page = await openPeer(site.two, 'settings')
    await until('the name of the peer', async () => (await text(page, '#peer-name')) !== '')
    const before = await text(page, '#peer-name')
    await page.evaluate(async (names) => {
      const root = await navigator.storage.getDirectory()
      for (const name of names) {
        const directory = await root.getDirectoryHandle(name, { create: true })
        await directory.getFileHandle('a file', { create: true })
      }
    }, DIRECTORIES)
    await click(page, '#forget')
    await says(page, '[role="alertdialog"]', 'You can’t undo this')
    // The page may already show the next peer while it is still deleting. It is done when it reloads.
    await Promise.all([page.waitForNavigation(), click(page, '#confirm-forget')])
    await until('another peer', async () => {
      const now = await text(page, '#peer-name').catch(() => '')
      return now !== '' && now !== before
    })
    const left = await page.evaluate(async () => {
      const names: string[] = []
      for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name)
      return names
    })
    expect(left.filter((name) => DIRECTORIES.includes(name))).toEqual([])
  })
})

test('a folder is copied into the browser, listed with its size, and removed', async () => {
  const page = await openPeer(site.one, 'folders')
  await says(page, '#kept', 'opens offline')
  await page.bringToFront()
  await page.$eval('#copy-folder', (input) => {
    const files: File[] = []
    for (const name of ['index.html', '100% & <b>.txt']) {
      const file = new File(['x'.repeat(1_000)], name)
      Object.defineProperty(file, 'webkitRelativePath', { value: `<b>my pages/${name}` })
      files.push(file)
    }
    Object.defineProperty(input, 'files', { value: files })
    input.dispatchEvent(new Event('change'))
  })
  await says(page, '#folders-said', 'Added “<b>my pages”.')
  await says(page, '#folders', 'Copied: 2 files, 2.0 kB.')
  expect(await faultsOf(page)).toEqual([])
  expect(await shoot(page, 'folders')).toEqual([])
  await click(page, '#folders button')
  await click(page, '#folders [role="alert"] + p button')
  await says(page, '#folders-said', 'Removed “<b>my pages”.')
})

/**
 * Sends Data to connections that don't exist, with numbers from this one on; the peer answers each with
 * Connection Closed.
 */
async function sendData(page: Page, first: bigint, count: number): Promise<void> {
  const messages = Array.from({ length: count }, (_, index) =>
    encodeClientMessage({ type: 'data', id: first + BigInt(index), data: new Uint8Array() }),
  )
  await page.evaluate(
    async (start, messages, closedOpcode) => {
      const socket = new WebSocket('/libp2p')
      socket.binaryType = 'arraybuffer'
      await new Promise((resolve) => socket.addEventListener('open', resolve))
      const closed = new Promise<void>((resolve) => {
        let left = messages.length
        socket.addEventListener('message', ({ data }) => {
          if (new Uint8Array(data as ArrayBuffer)[0] === closedOpcode) left -= 1
          if (left === 0) resolve()
        })
      })
      for (const message of [start, ...messages]) socket.send(new Uint8Array(message))
      await closed
      socket.close()
    },
    [...encodeClientMessage({ type: 'start', key: '' })],
    messages.map((message) => Array.from(message)),
    SERVER_OPCODE.connectionClosed,
  )
}

async function connectStringOf(browser: Chromium): Promise<string> {
  const page = await openPeer(browser)
  await invitation(page)
  return await page.$eval('#connect-string', (field) => (field as HTMLTextAreaElement).value)
}

async function restart(page: Page): Promise<void> {
  await click(page, '#restart')
  await until('the peer to have restarted', async () => (await page.$('#restart')) === null)
  await says(page, '#status', 'Your libp2p peer is running.')
}

/** Chooses a file with this text, as a person does. */
async function importKey(page: Page, key: string): Promise<void> {
  await page.$eval(
    '#import-key',
    (input, key) => {
      const files = new DataTransfer()
      files.items.add(new File([key], 'peer.key'))
      Object.assign(input, { files: files.files })
      input.dispatchEvent(new Event('change'))
    },
    key,
  )
  await click(page, '#confirm-key')
}
