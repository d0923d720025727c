import '../../support/polyfill.ts'
import { createHash, randomBytes } from 'node:crypto'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import type { Libp2p, Stream } from '@libp2p/interface'
import { webSockets } from '@libp2p/websockets'
import { createLibp2p } from 'libp2p'
import type { Page, Target } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type * as client from '../../../src/client/index.ts'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import { connectLab, makeLab } from '../../support/lab-page.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { LOCAL_MODE, startNodeBuild } from '../../support/node-build.ts'
import { until } from '../../support/until.ts'

const WINDOW_BYTES = 1_048_576
const DOWN_MEGABYTES = 200
const UP_MEGABYTES = 1000
const BLOCKED_MS = 10_000
/** For a gigabyte on a machine that is busy with other tests. */
const TIMEOUT_MS = 480_000
const CHUNK = randomBytes(1_000_000)

let files: Awaited<ReturnType<typeof makeLab>>
let node: NodeBuild
let chromium: Chromium
let peer: Libp2p

beforeAll(async () => {
  files = await makeLab()
  node = await startNodeBuild([...LOCAL_MODE, '-files', files.directory])
  chromium = await startChromium()
  peer = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] },
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    // js-libp2p would reset a stream that is paused with its own window.
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: 2 * WINDOW_BYTES } })],
    services: { identify: identify() },
  })
})

afterAll(async () => {
  await peer?.stop()
  await chromium?.close()
  await node?.stop()
  await files?.remove()
})

/** The bytes of buffers that the SharedWorker holds after a garbage collection. */
async function workerBytes(): Promise<number> {
  const target = chromium.browser.targets().find((one: Target) => (one.type() as string) === 'shared_worker')
  if (target === undefined) throw new Error('there is no SharedWorker')
  const session = await target.createCDPSession()
  try {
    await session.send('HeapProfiler.collectGarbage')
    // The protocol's types don't have these members yet.
    const usage = (await session.send('Runtime.getHeapUsage')) as {
      usedSize: number
      backingStorageSize?: number
    }
    return usage.usedSize + (usage.backingStorageSize ?? 0)
  } finally {
    await session.detach()
  }
}

async function dial(page: Page, protocol: string): Promise<void> {
  await page.evaluate(
    async (peer, addrs, protocol) => {
      const connected = lab['client'] as client.Client
      lab['connection'] = await connected.dial({ peer, addrs }, protocol, { frames: false })
    },
    peer.peerId.toString(),
    peer.getMultiaddrs().map((address) => address.toString()),
    protocol,
  )
}

const openLab = async (): Promise<Page> => {
  const { page } = await chromium.open(`${node.origin}/lab.html`)
  await connectLab(page)
  return page
}

describe('backpressure through page, worker and peer', { timeout: 600_000 }, () => {
  test(`a page that blocks for ${BLOCKED_MS / 1000} s while a peer sends ${DOWN_MEGABYTES} MB gets all of it in order, and the worker does not hold it in the meantime`, async () => {
    const page = await openLab()
    const hash = createHash('sha256')
    let sentBytes = 0
    await peer.handle('/x/down', async (stream: Stream) => {
      for (let count = 0; count < DOWN_MEGABYTES; count++) {
        CHUNK.writeUInt32BE(count)
        hash.update(CHUNK)
        sentBytes += CHUNK.byteLength
        if (!stream.send(Uint8Array.from(CHUNK))) {
          await new Promise((resolve) => stream.addEventListener('drain', resolve, { once: true }))
        }
      }
      await stream.close()
    })
    const before = await workerBytes()
    await dial(page, '/x/down')
    // The page reads everything, but its thread is blocked first.
    const blocked = page.evaluate((ms) => {
      const read = async (): Promise<void> => {
        const connection = lab['connection'] as client.Connection
        const chunks: Blob[] = []
        for await (const message of connection) chunks.push(new Blob([new Uint8Array(message)]))
        const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer())
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
        lab['received'] = {
          bytes: bytes.byteLength,
          hash: [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
          end: await connection.closed,
        }
      }
      void read()
      const end = Date.now() + ms
      while (Date.now() < end);
    }, BLOCKED_MS)
    let last = -1
    let calm = 0
    await until('the sender to be paused', () => {
      calm = sentBytes === last && sentBytes > 0 ? calm + 1 : 0
      last = sentBytes
      return calm === 25
    })
    expect(sentBytes).toBeLessThan(DOWN_MEGABYTES * 1_000_000)
    expect((await workerBytes()) - before).toBeLessThan(4 * WINDOW_BYTES)
    await blocked
    const received = await until(
      'all of it',
      () =>
        page.evaluate(
          () => lab['received'] as { bytes: number; hash: string; end: client.ConnectionEnd } | undefined,
        ),
      TIMEOUT_MS,
    )
    expect(received).toEqual({
      bytes: DOWN_MEGABYTES * 1_000_000,
      hash: hash.digest('hex'),
      end: { reason: 'EOF', clean: true },
    })
    await page.close()
  })

  test(`a page that sends ${UP_MEGABYTES} MB to a peer that does not read keeps the data itself, and all of it arrives once the peer reads`, async () => {
    const page = await openLab()
    const streams: Stream[] = []
    const hash = createHash('sha256')
    let gotBytes = 0
    let ended = false
    await peer.handle('/x/up', (stream: Stream) => {
      stream.pause()
      streams.push(stream)
      stream.addEventListener('message', ({ data }) => {
        hash.update(data.subarray())
        gotBytes += data.byteLength
      })
      stream.addEventListener('remoteCloseWrite', () => {
        ended = true
        void stream.close()
      })
    })
    // A client that never waits for drain, on a socket that the test can inspect.
    await page.evaluate(async () => {
      const Watched = function (url: string, protocols: string[]): WebSocket {
        const socket = new WebSocket(url, protocols)
        lab['socket'] = socket
        return socket
      } as unknown as typeof WebSocket
      lab['client'] = await libp2pClient.connect(libp2pClient.relayUrl(location.href), {
        WebSocket: Watched,
        limits: { maxBufferedBytes: Infinity },
      })
    })
    await dial(page, '/x/up')
    const before = await workerBytes()
    const sending = page.evaluate((megabytes) => {
      const connection = lab['connection'] as client.Connection
      const chunk = new Uint8Array(1_000_000)
      crypto.getRandomValues(chunk.subarray(0, 65_536))
      for (let count = 0; count < megabytes; count++) {
        new DataView(chunk.buffer).setUint32(0, count)
        connection.send(chunk)
      }
      connection.close()
      return [...chunk.subarray(4, 65_536)].join(' ')
    }, UP_MEGABYTES)
    await until('the stream', () => streams[0])
    await sending
    const buffered = (): Promise<number> => page.evaluate(() => (lab['socket'] as WebSocket).bufferedAmount)
    // The page's queue stays in the page: only the windows on the way are filled.
    expect(await buffered()).toBeGreaterThan(UP_MEGABYTES * 1_000_000 - 16 * WINDOW_BYTES)
    expect((await workerBytes()) - before).toBeLessThan(4 * WINDOW_BYTES)
    expect(gotBytes).toBe(0)
    streams[0]?.resume()
    const head = Uint8Array.from((await sending).split(' ').map(Number))
    await until('all bytes and the end', () => ended && gotBytes === UP_MEGABYTES * 1_000_000, TIMEOUT_MS)
    const wanted = createHash('sha256')
    const chunk = Buffer.alloc(1_000_000)
    chunk.set(head, 4)
    for (let count = 0; count < UP_MEGABYTES; count++) {
      chunk.writeUInt32BE(count)
      wanted.update(chunk)
    }
    expect(hash.digest('hex')).toBe(wanted.digest('hex'))
    expect(await buffered()).toBe(0)
    await page.close()
  })
})
