import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page, Target } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type * as client from '../../../src/client/index.ts'
import { diagnose } from '../../../src/status/index.ts'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import { connectLab, listenLab, makeLab, reportOf } from '../../support/lab-page.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { LOCAL_MODE, startNodeBuild } from '../../support/node-build.ts'
import { copyPageScripts } from '../../support/page-scripts.ts'
import { until } from '../../support/until.ts'

/** The scripts that contain the build's identifier. */
const BUILD_SCRIPTS = ['libp2p-websocket.js', 'relay-worker/main.js']

let files: Awaited<ReturnType<typeof makeLab>>
let node: NodeBuild
let chromium: Chromium

beforeAll(async () => {
  files = await makeLab()
  // The lab serves copies of our scripts, so that a test can replace them by another build.
  await copyPageScripts(files.directory)
  node = await startNodeBuild([...LOCAL_MODE, '-files', files.directory])
})

afterAll(async () => {
  await node?.stop()
  await files?.remove()
})

afterEach(async () => {
  await chromium?.close()
})

async function start(): Promise<void> {
  chromium = await startChromium()
}

const openLab = async (): Promise<Page> => (await chromium.open(`${node.origin}/lab.html`)).page

/** Opens a socket on `/libp2p` in the page, and records its events in `lab.seen`. */
async function watchSocket(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const seen: string[] = []
    lab['seen'] = seen
    const socket = new WebSocket('/libp2p')
    lab['socket'] = socket
    socket.onerror = () => seen.push(`error ${socket.readyState}`)
    socket.onclose = ({ code, wasClean }) => seen.push(`close ${code} ${wasClean}`)
    await new Promise((resolve) => {
      socket.onopen = resolve
    })
  })
}

/** Records in `lab.seen` when the page is shown, and whether it comes from the back-forward cache. */
async function watchPageShow(page: Page): Promise<void> {
  await page.evaluate(() => {
    addEventListener('pageshow', ({ persisted }) => (lab['seen'] as string[]).push(`pageshow ${persisted}`))
  })
}

/** Like the browser's own socket: `error`, then close 1006, and the state is CLOSED in both. */
const FAILED = ['error 3', 'close 1006 false']

const seen = (page: Page): Promise<string[]> => page.evaluate(() => lab['seen'] as string[])

/** Waits for the socket to fail. */
const failed = (page: Page): Promise<unknown> =>
  until('error and close 1006', async () => (await seen(page)).length >= 2, 15_000)

const workers = (): Target[] =>
  chromium.browser.targets().filter((target) => (target.type() as string) === 'shared_worker')

async function theWorker(): Promise<Target> {
  return await until('one SharedWorker', () => (workers().length === 1 ? workers()[0] : undefined))
}

/**
 * Runs code inside the SharedWorker and resolves to its value. Detaches, because an attached debugger would
 * keep it alive.
 */
async function inWorker(expression: string): Promise<unknown> {
  const session = await (await theWorker()).createCDPSession()
  try {
    const { result } = await session.send('Runtime.evaluate', { expression, awaitPromise: true })
    return result.value
  } finally {
    await session.detach()
  }
}

/** Ends the worker from outside. */
async function killWorker(): Promise<void> {
  const browser = await chromium.browser.target().createCDPSession()
  const { targetInfos } = await browser.send('Target.getTargets')
  const worker = targetInfos.find(({ type }) => type === 'shared_worker')
  await browser.send('Target.closeTarget', { targetId: worker?.targetId ?? '' })
  await browser.detach()
}

/** Makes the worker hang in an endless loop. */
async function hangWorker(): Promise<void> {
  const session = await (await theWorker()).createCDPSession()
  // In a later task, so that this command gets its answer.
  await session.send('Runtime.evaluate', { expression: 'setTimeout(() => { for (;;) {} }, 100)' })
  await session.detach()
}

/** Waits until another tab can listen on the protocol. */
const isFree = (page: Page, protocol: string): Promise<unknown> =>
  until(`${protocol} to be free`, () =>
    page.evaluate(
      (protocol) =>
        (lab['client'] as client.Client).listen(protocol).then(
          () => true,
          () => false,
        ),
      protocol,
    ),
  )

describe('the relay releases everything it held for a tab', () => {
  test.each([
    ['that is closed', (page: Page) => page.close()],
    ['that is reloaded', (page: Page) => page.reload()],
    ['that navigates to another page', (page: Page) => page.goto(`${node.origin}/native.html`)],
    [
      'that crashes',
      async (page: Page) => {
        const session = await page.createCDPSession()
        session.send('Page.crash').catch(() => undefined)
        await until(
          'the crash',
          () => page.isClosed() || new Promise((resolve) => page.once('error', () => resolve(true))),
        )
      },
    ],
  ])('%s', async (_, leave) => {
    await start()
    // The first tab stays, because its process hosts the worker.
    const stays = await openLab()
    await connectLab(stays)
    const leaves = await openLab()
    await connectLab(leaves)
    await listenLab(leaves, '/x/free', 'echo')
    await leave(leaves)
    await isFree(stays, '/x/free')
    expect(await stays.evaluate(() => (lab['client'] as client.Client).peer)).not.toBe('')
  })

  test('that is reloaded many times', async () => {
    await start()
    const stays = await openLab()
    await connectLab(stays)
    const reloads = await openLab()
    for (let times = 0; times < 30; times++) {
      await connectLab(reloads)
      await reloads.reload()
    }
    await until('the locks of one tab and of the worker', async () => {
      const locks = await inWorker(
        `navigator.locks.query().then(({ held, pending }) => [...held, ...pending].map(({ name }) => name.split(':')[1]).sort().join())`,
      )
      // The remaining tab holds its lock and waits for the worker's. The worker holds two and waits for the
      // tab's.
      return locks === 'identity,tab,tab,worker,worker'
    })
  })
})

describe('when the worker is gone', () => {
  test.each([
    ['because it is killed', killWorker],
    ['because it hangs', hangWorker],
  ])(
    '%s, the sockets of all tabs fail, and the next ones reach a new relay with the same peer',
    async (_, stop) => {
      await start()
      const [one, two] = [await openLab(), await openLab()]
      const { peer } = await connectLab(one)
      await watchSocket(one)
      await watchSocket(two)
      await stop()
      await failed(one)
      await failed(two)
      expect([await seen(one), await seen(two)]).toEqual([FAILED, FAILED])
      expect((await connectLab(one)).peer).toBe(peer)
      expect((await connectLab(two)).peer).toBe(peer)
    },
  )

  test('because the tab that hosted it has crashed, the sockets of other tabs fail, and they start a new worker', async () => {
    await start()
    const hosts = await openLab()
    const { peer } = await connectLab(hosts)
    const other = await openLab()
    await watchSocket(other)
    const session = await hosts.createCDPSession()
    session.send('Page.crash').catch(() => undefined)
    // A worker with its own process survives the crash and is killed here.
    const outlived = await until(
      'the crash',
      () => new Promise<boolean>((resolve) => hosts.once('error', () => resolve(true))),
    )
    expect(outlived).toBe(true)
    if ((await seen(other)).length === 0 && workers().length > 0) await killWorker()
    await failed(other)
    expect(await seen(other)).toEqual(FAILED)
    expect((await connectLab(other)).peer).toBe(peer)
  })
})

describe('a page', () => {
  test('that is frozen and resumed finds its sockets closed, like the browser’s own', async () => {
    await start()
    const page = await openLab()
    await connectLab(page)
    await watchSocket(page)
    const session = await page.createCDPSession()
    await session.send('Page.setWebLifecycleState', { state: 'frozen' })
    await session.send('Page.setWebLifecycleState', { state: 'active' })
    await failed(page)
    expect(await seen(page)).toEqual(FAILED)
    expect((await connectLab(page)).peer).not.toBe('')
  })

  test('that is frozen while sending resets its streams instead of ending them', async () => {
    await start()
    const receiver = await openLab()
    const { peer } = await connectLab(receiver)
    await receiver.evaluate(async () => {
      const listener = await (lab['client'] as client.Client).listen('/x/frozen', { frames: false })
      void (async () => {
        for await (const connection of listener) {
          lab['got'] = (await connection[Symbol.asyncIterator]().next()).value?.byteLength
          lab['end'] = (await connection.closed).reason
        }
      })()
    })
    const sender = await openLab()
    await connectLab(sender)
    await sender.evaluate(async (peer) => {
      const connection = await (lab['client'] as client.Client).dial(peer, '/x/frozen', { frames: false })
      connection.send(new Uint8Array(1_000))
    }, peer)
    await until('the first bytes', () => receiver.evaluate(() => lab['got'] === 1_000))
    const session = await sender.createCDPSession()
    await session.send('Page.setWebLifecycleState', { state: 'frozen' })
    const end = await until('the end', () => receiver.evaluate(() => lab['end'] as string | undefined))
    expect(end).toBe('the other side reset the stream')
  })

  test('that returns from the back-forward cache finds its sockets closed, like the browser’s own', async () => {
    await start()
    const page = await openLab()
    await watchSocket(page)
    await watchPageShow(page)
    await page.goto(`${node.origin}/native.html`)
    await page.goBack()
    await until('the last event', async () => (await seen(page)).length >= 3)
    expect(await seen(page)).toEqual(['pageshow true', ...FAILED])
    expect((await connectLab(page)).peer).not.toBe('')
  })

  test('that closes its socket while entering the back-forward cache gets a clean close when it returns', async () => {
    await start()
    const page = await openLab()
    await watchSocket(page)
    await watchPageShow(page)
    await page.evaluate(() => {
      addEventListener('pagehide', () => (lab['socket'] as WebSocket).close(3000, 'bye'))
    })
    await page.goto(`${node.origin}/native.html`)
    await page.goBack()
    await until('the last event', async () => (await seen(page)).length >= 2)
    expect(await seen(page)).toEqual(['pageshow true', 'close 3000 true'])
  })

  test('that is the only one keeps its peer running when it reloads', async () => {
    await start()
    const page = await openLab()
    await connectLab(page)
    await inWorker('self.mark = 1')
    await page.reload()
    await connectLab(page)
    expect(await inWorker('self.mark')).toBe(1)
  })

  test('can read the worker’s log, including earlier lines', async () => {
    await start()
    const { page, lines } = await chromium.open(`${node.origin}/lab.html`)
    const { peer } = await connectLab(page)
    await page.evaluate(() => libp2pWebSocket?.log('debug', 'relay'))
    await until('the log line about the peer', () =>
      lines.some((line) => line.includes(`peer ${peer} is running`)),
    )
  })

  test('that posts invalid messages to the worker disturbs no other page', async () => {
    await start()
    const page = await openLab()
    await connectLab(page)
    await page.evaluate(() => {
      const { port } = new SharedWorker('/relay-worker.js', {
        name: 'libp2p-websocket',
        extendedLifetime: true,
      } as WorkerOptions)
      port.start()
      for (const nonsense of [
        null,
        7,
        'hello',
        {},
        { type: 'socket' },
        { type: 'hello', lock: 'other' },
        { type: 'bye', epoch: 'x' },
        [{}],
      ]) {
        port.postMessage(nonsense)
      }
      const { port1 } = new MessageChannel()
      port.postMessage({ type: 'lend', epoch: 'foreign' }, [port1])
    })
    await listenLab(page, '/x/still-fine', 'echo')
    const { peer } = await page.evaluate(() => ({ peer: (lab['client'] as client.Client).peer }))
    const echoed = await page.evaluate(async (peer) => {
      const connection = await (lab['client'] as client.Client).dial(peer, '/x/still-fine')
      connection.send(new TextEncoder().encode('fine'))
      for await (const message of connection) return new TextDecoder().decode(message)
      return undefined
    }, peer)
    expect(echoed).toBe('fine')
  })
})

describe('a new build', () => {
  const deploy = async (build: string): Promise<void> => {
    for (const name of BUILD_SCRIPTS) {
      const script = await readFile(join('dist/site', name), 'utf8')
      const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string }
      const changed = script.replaceAll(
        new RegExp(`${version.replaceAll('.', '\\.')}\\+[0-9a-f]{12}`, 'g'),
        build,
      )
      expect(changed).not.toBe(script)
      await writeFile(join(files.directory, name), changed)
    }
  }
  afterEach(async () => {
    await copyPageScripts(files.directory, BUILD_SCRIPTS)
  })

  test('replaces an old worker that has no connections', async () => {
    await start()
    const old = await openLab()
    const { peer } = await connectLab(old)
    await watchSocket(old)
    const before = await theWorker()
    await deploy('next')
    const page = await openLab()
    expect((await connectLab(page)).peer).toBe(peer)
    // The code of an orderly shutdown.
    await until('the close of the old socket', async () => (await seen(old)).length > 0)
    expect(await seen(old)).toEqual(['close 1001 true'])
    expect(workers()).not.toContain(before)
    expect(await page.evaluate(() => libp2pWebSocket?.updateWaits)).toBe(false)
    expect((await connectLab(old)).peer).toBe(peer)
  })

  test('waits while connections are open, reports it, and works in the meantime', async () => {
    await start()
    const old = await openLab()
    const { peer } = await connectLab(old)
    await listenLab(old, '/x/busy', 'echo')
    await old.evaluate(async (peer) => {
      lab['connection'] = await (lab['client'] as client.Client).dial(peer, '/x/busy')
    }, peer)
    await deploy('next')
    const page = await openLab()
    expect((await connectLab(page)).peer).toBe(peer)
    expect(await page.evaluate(() => libp2pWebSocket?.updateWaits)).toBe(true)
    const { status } = await reportOf(page)
    expect(status.host.updateWaits).toBe(true)
    expect(diagnose(status).map(({ id }) => id)).toContain('update-waits')
    const echoed = await old.evaluate(async () => {
      const connection = lab['connection'] as client.Connection
      connection.send(new TextEncoder().encode('not disturbed'))
      for await (const message of connection) return new TextDecoder().decode(message)
      return undefined
    })
    expect(echoed).toBe('not disturbed')
  })
})
