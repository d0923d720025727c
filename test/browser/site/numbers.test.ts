import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CLIENT_OPCODE, SERVER_OPCODE, encodeClientMessage } from '../../../src/protocol/index.ts'
import { until } from '../../support/until.ts'
import { SiteTabs, says, text } from './site-tabs.ts'

/** The number of page updates to wait for. */
const CHANGES = 12

let site: SiteTabs

beforeAll(async () => {
  site = await SiteTabs.start()
})

afterAll(async () => {
  await site?.stop()
})

/**
 * A stream from this page to itself that carries a message every ten milliseconds as long as the page is
 * open.
 */
async function flow(page: Page): Promise<void> {
  const peer = /Your peer is (\w+)/u.exec(await text(page, '#log'))?.[1] ?? ''
  const protocol = '/x/flow'
  const listen = encodeClientMessage({ type: 'listen', frames: false, protocol })
  const connect = encodeClientMessage({
    type: 'connect',
    frames: false,
    relay: '',
    protocol,
    peer: peer ?? '',
  })
  await page.evaluate(
    async (start, listen, connect, { listening, connected, data }) => {
      const socket = new WebSocket('/libp2p')
      socket.binaryType = 'arraybuffer'
      await new Promise((resolve) => socket.addEventListener('open', resolve))
      await new Promise<void>((resolve) => {
        socket.addEventListener('message', (event) => {
          const message = new Uint8Array(event.data as ArrayBuffer)
          if (message[0] === listening) socket.send(new Uint8Array(connect))
          if (message[0] !== connected) return
          const piece = new Uint8Array(10_000)
          piece.set([data, ...message.subarray(1, 9)])
          setInterval(() => socket.send(piece), 10)
          resolve()
        })
        socket.send(new Uint8Array(start))
        socket.send(new Uint8Array(listen))
      })
    },
    [...encodeClientMessage({ type: 'start', key: '' })],
    [...listen],
    [...connect],
    {
      listening: SERVER_OPCODE.listening,
      connected: SERVER_OPCODE.peerConnection,
      data: CLIENT_OPCODE.data,
    },
  )
}

test('while a stream flows, the numbers change once per report, not with every message', async () => {
  const page = await site.open('/#/peer')
  await says(page, '#clients', 'this tab')
  // Its timers run even in a background tab, because of how the tests start browsers.
  const hello = await site.open('/examples/hello.html')
  await says(hello, '#log', 'Listening.')
  await flow(hello)
  await page.bringToFront()
  await says(page, '#received', /[1-9][^]*\/s/)
  await page.evaluate(() => {
    const counts = { reports: 0, changes: 0 }
    Object.assign(globalThis, { counts })
    // oxlint-disable-next-line typescript/unbound-method -- it is called with its socket as `this`
    const { send } = WebSocket.prototype
    WebSocket.prototype.send = function (this: WebSocket, data) {
      if (new TextDecoder().decode(data as Uint8Array).includes('"report"')) counts.reports += 1
      send.call(this, data)
    }
    const numbers = document.querySelector('#received') ?? document
    new MutationObserver(() => (counts.changes += 1)).observe(numbers, {
      subtree: true,
      characterData: true,
      childList: true,
    })
  })
  const { reports, changes } = await until('the numbers to change', () =>
    page.evaluate((count) => {
      const { counts } = globalThis as unknown as { counts: { reports: number; changes: number } }
      return counts.changes >= count ? counts : undefined
    }, CHANGES),
  )
  // The first change may show a report that was asked for before the count began.
  expect(changes).toBeLessThanOrEqual(reports + 1)
})
