import '../../support/polyfill.ts'
import type { Page } from 'puppeteer-core'
import { WebSocket } from 'ws'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type * as client from '../../../src/client/index.ts'
import { connect } from '../../../src/client/index.ts'
import type { Relay } from '../../../src/relay/index.ts'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import type { ServedRelay } from '../../support/hosts.ts'
import { wsHost } from '../../support/hosts.ts'
import { connectLab, makeLab } from '../../support/lab-page.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { LOCAL_MODE, startNodeBuild } from '../../support/node-build.ts'
import { makeRelay } from '../../support/peers.ts'

const PROTOCOL = '/x/endless'
/** Milliseconds for which the receiver waits for a sender that is gone without a word. By default 30,000. */
const RESUME_TIMEOUT_MS = 1_000

let files: Awaited<ReturnType<typeof makeLab>>
let receiverRelay: Relay
let served: ServedRelay
let receiver: client.Client
let listener: client.Listener
let node: NodeBuild
let chromium: Chromium

beforeAll(async () => {
  files = await makeLab()
  receiverRelay = makeRelay({
    listen: ['/ip4/127.0.0.1/tcp/0/ws'],
    bounds: { lasting: { resumeTimeoutMs: RESUME_TIMEOUT_MS } },
  })
  served = await wsHost.serve(receiverRelay)
  receiver = await connect(served.url ?? '', { WebSocket })
  listener = await receiver.listen(PROTOCOL, { frames: false })
})

afterAll(async () => {
  receiver?.close()
  await served?.close()
  await receiverRelay?.stop()
  await files?.remove()
})

beforeEach(async () => {
  node = await startNodeBuild([...LOCAL_MODE, '-files', files.directory])
  chromium = await startChromium()
})

afterEach(async () => {
  await chromium?.close()
  await node?.stop()
})

async function killWorker(): Promise<void> {
  const browser = await chromium.browser.target().createCDPSession()
  const { targetInfos } = await browser.send('Target.getTargets')
  const worker = targetInfos.find(({ type }) => type === 'shared_worker')
  await browser.send('Target.closeTarget', { targetId: worker?.targetId ?? '' })
}

async function crash(page: Page): Promise<void> {
  const session = await page.createCDPSession()
  // A page that has crashed doesn't answer.
  session.send('Page.crash').catch(() => undefined)
}

/**
 * Our sockets fail as soon as their page is frozen. Chromium keeps its own open in the meantime, and fails
 * them when the page is resumed.
 */
async function freezeAndResume(page: Page): Promise<void> {
  const session = await page.createCDPSession()
  await session.send('Page.setWebLifecycleState', { state: 'frozen' })
  await session.send('Page.setWebLifecycleState', { state: 'active' })
}

/** Sends to the receiver without end. */
async function sendEndlessly(page: Page): Promise<void> {
  await page.evaluate(
    async (peer, addrs, protocol) => {
      const connected = lab['client'] as client.Client
      const connection = await connected.dial({ peer, addrs }, protocol, { frames: false })
      const chunk = new Uint8Array(100_000)
      const send = async (): Promise<never> => {
        for (;;) if (!connection.send(chunk)) await connection.drain()
      }
      send().catch((error: unknown) => {
        lab['end'] = String(error)
      })
    },
    receiver.peer,
    receiver.addresses.filter((address) => address.includes('/ws')),
    PROTOCOL,
  )
}

describe.each([
  ['the SharedWorker', 'lab.html'],
  ['the Node build', 'native.html'],
])('a page whose peer runs in %s', (host, name) => {
  const openPage = async (): Promise<Page> => {
    const { page } = await chromium.open(`${node.origin}/${name}`)
    await connectLab(page)
    return page
  }

  test.each<[string, (page: Page) => Promise<unknown>]>([
    ['the page crashes', crash],
    ['the page is frozen and resumed', freezeAndResume],
    ['the page is closed', (page) => page.close()],
    host === 'the Node build'
      ? ['its process gets SIGTERM', () => node.stop('SIGTERM')]
      : ['its worker is killed', killWorker],
  ])('is still sending when %s: the receiver learns that something is missing', async (_, end) => {
    // The first tab's process hosts the worker, so the crash of another one doesn't end the worker.
    await openPage()
    const sender = await openPage()
    await sendEndlessly(sender)
    const { value: connection } = await listener[Symbol.asyncIterator]().next()
    if (connection === undefined) throw new Error('the listener has closed')
    const incoming = connection[Symbol.asyncIterator]()
    expect((await incoming.next()).done).toBe(false)
    await end(sender)
    // Reads whatever still arrives.
    await expect(
      (async () => {
        while ((await incoming.next()).done !== true);
      })(),
    ).rejects.toMatchObject({ code: 'ERR_CONNECTION_CLOSED' })
    expect(await connection.closed).toMatchObject({ clean: false })
  })
})
