import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Page } from 'puppeteer-core'
import type * as client from '../../../src/client/index.ts'
import { SUBPROTOCOL } from '../../../src/protocol/index.ts'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import { connectLab, listenLab, makeLab } from '../../support/lab-page.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { LOCAL_MODE, startNodeBuild } from '../../support/node-build.ts'
import { until } from '../../support/until.ts'

const MEGABYTES = 50
/** More than what all buffers between two pages hold together. */
const UNREAD_MEGABYTES = 80

let files: Awaited<ReturnType<typeof makeLab>>
let node: NodeBuild
let one: Chromium
let two: Chromium

beforeAll(async () => {
  files = await makeLab()
  node = await startNodeBuild([...LOCAL_MODE, '-files', files.directory])
  one = await startChromium()
  two = await startChromium()
})

afterAll(async () => {
  await Promise.all([one?.close(), two?.close()])
  await node?.stop()
  await files?.remove()
})

const openLab = async (browser: Chromium, name = 'lab'): Promise<Page> =>
  (await browser.open(`${node.origin}/${name}.html`)).page

/** Puts random bytes into the page and returns their hash. */
async function makePayload(page: Page, megabytes: number): Promise<string> {
  return await page.evaluate(async (megabytes) => {
    const payload = new Uint8Array(megabytes * 1_000_000)
    for (let start = 0; start < payload.byteLength; start += 65_536) {
      crypto.getRandomValues(payload.subarray(start, start + 65_536))
    }
    lab['payload'] = payload
    return [...new Uint8Array(await crypto.subtle.digest('SHA-256', payload))].join(' ')
  }, megabytes)
}

/** Dials from the page, and runs one of the two transfers over the stream. */
async function dial(
  page: Page,
  target: { peer: string; addresses: string[] },
  protocol: string,
): Promise<void> {
  await page.evaluate(
    async (peer, addrs, protocol) => {
      const connected = lab['client'] as client.Client
      lab['connection'] = await connected.dial({ peer, addrs }, protocol, { frames: false })
    },
    target.peer,
    target.addresses,
    protocol,
  )
}

type Received = { bytes: number; hash: string; end: client.ConnectionEnd }
const received = async (page: Page): Promise<Received> =>
  (await until(
    'the whole payload and its end',
    () => page.evaluate(() => (lab['failure'] ?? lab['received']) as object | undefined),
    90_000,
  )) as Received

describe('the peer in the browser', () => {
  test('is one peer for two tabs, of which one listens and the other connects to it', async () => {
    const listener = await openLab(one)
    const dialer = await openLab(one)
    const identity = await connectLab(listener)
    expect((await connectLab(dialer)).peer).toBe(identity.peer)
    await listenLab(listener, '/x/loopback', 'echo')
    const echoed = await dialer.evaluate(async (peer) => {
      const connected = lab['client'] as client.Client
      const connection = await connected.dial(peer, '/x/loopback')
      connection.send(new TextEncoder().encode('to myself'))
      for await (const message of connection) return new TextDecoder().decode(message)
      return undefined
    }, identity.peer)
    expect(echoed).toBe('to myself')

    // The listener's tab closes, so its protocol is immediately free for the other tab.
    await listener.close()
    await until('the protocol to be free', () =>
      dialer.evaluate(async () => {
        const connected = lab['client'] as client.Client
        return await connected.listen('/x/loopback').then(
          () => true,
          () => false,
        )
      }),
    )
    await dialer.close()
  })

  test('keeps its identity when its worker restarts, and is another peer in another browser', async () => {
    const first = await openLab(one)
    const { peer } = await connectLab(first)
    await first.close()
    const again = await openLab(one)
    const other = await openLab(two)
    expect((await connectLab(again)).peer).toBe(peer)
    expect((await connectLab(other)).peer).not.toBe(peer)
    await again.close()
    await other.close()
  })

  test('can be reached through the relay that serves it, and says so', async () => {
    const page = await openLab(one)
    const { addresses, public: isPublic } = await connectLab(page)
    expect(isPublic).toBe(true)
    expect(addresses.some((address) => address.endsWith('/p2p-circuit'))).toBe(true)
    expect(addresses.some((address) => address.endsWith('/p2p-circuit/webrtc'))).toBe(true)
    await page.close()
  })

  test.each(['lab', 'native'])('speaks its subprotocol to the page %s, and no unknown one', async (name) => {
    const page = await openLab(one, name)
    const chosen = await page.evaluate(async (subprotocol) => {
      const open = async (offered: string | string[]): Promise<string> => {
        const socket = new WebSocket(libp2pClient.relayUrl(location.href), offered)
        const hasOpened = await new Promise<boolean>((resolve) => {
          socket.addEventListener('open', () => resolve(true))
          socket.addEventListener('close', () => resolve(false))
        })
        socket.close()
        return hasOpened ? socket.protocol : 'failed'
      }
      const client = await libp2pClient.connect(libp2pClient.relayUrl(location.href))
      client.close()
      return [
        client.subprotocol,
        await open(subprotocol),
        await open(['unknown', subprotocol]),
        await open(['unknown']),
        await open([]),
      ]
    }, SUBPROTOCOL)
    expect(chosen).toEqual([SUBPROTOCOL, SUBPROTOCOL, SUBPROTOCOL, 'failed', ''])
    await page.close()
  })

  test.each(['lab', 'native'])('explains to the page %s that nobody knows a peer', async (name) => {
    const page = await openLab(one, name)
    await connectLab(page)
    const stranger = '12D3KooWCPmGBaYTVwF3eSVQbuEunLM6PFazPegk4mf4LKdkzk9F'
    const words = await page.evaluate(
      (peer) =>
        (lab['client'] as client.Client).dial(peer, '/x/y').then(
          () => 'connected',
          (error: unknown) => String(error),
        ),
      stranger,
    )
    expect(words).toContain(`no address is known for ${stranger}: ask for its connect string`)
    await page.close()
  })

  test('can exchange streams with a page that talks to the Node build through its own WebSocket', async () => {
    const inBrowser = await openLab(one)
    const native = await openLab(one, 'native')
    expect(await native.evaluate(() => 'libp2pWebSocket' in globalThis)).toBe(false)
    const mine = await connectLab(inBrowser)
    const nodes = await connectLab(native)
    expect(nodes.peer).not.toBe(mine.peer)
    await listenLab(native, '/x/native', 'echo')
    await listenLab(inBrowser, '/x/in-browser', 'echo')
    for (const [page, target, protocol] of [
      [inBrowser, nodes, '/x/native'],
      [native, mine, '/x/in-browser'],
    ] as const) {
      const echoed = await page.evaluate(
        async (peer, addrs, protocol) => {
          const connection = await (lab['client'] as client.Client).dial({ peer, addrs }, protocol)
          connection.send(new TextEncoder().encode('hello across'))
          for await (const message of connection) return new TextDecoder().decode(message)
          return undefined
        },
        target.peer,
        target.addresses,
        protocol,
      )
      expect(echoed).toBe('hello across')
    }
    await inBrowser.close()
    await native.close()
  })

  test(`carries ${MEGABYTES} MB each way between two browsers over WebRTC, byte for byte`, async () => {
    const near = await openLab(one)
    const far = await openLab(two)
    await connectLab(near)
    const target = await connectLab(far)
    const sentHash = await makePayload(near, MEGABYTES)
    const fedHash = await makePayload(far, MEGABYTES)
    await listenLab(far, '/x/hash', 'hash')
    await listenLab(far, '/x/feed', 'feed')
    const webrtc = target.addresses.filter((address) => address.endsWith('/webrtc'))
    expect(webrtc).not.toEqual([])

    await dial(near, { peer: target.peer, addresses: webrtc }, '/x/hash')
    await near.evaluate(async () => {
      const connection = lab['connection'] as client.Connection
      const payload = lab['payload'] as Uint8Array
      for (let start = 0; start < payload.byteLength; start += 65_536) {
        if (!connection.send(payload.subarray(start, start + 65_536))) await connection.drain()
      }
      connection.close()
    })
    expect(await received(far)).toEqual({
      bytes: MEGABYTES * 1_000_000,
      hash: sentHash,
      end: { reason: 'EOF', clean: true },
    })

    await dial(near, { peer: target.peer, addresses: webrtc }, '/x/feed')
    await near.evaluate(async () => {
      const connection = lab['connection'] as client.Connection
      const chunks: Uint8Array<ArrayBuffer>[] = []
      for await (const message of connection) chunks.push(new Uint8Array(message))
      const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer())
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
      lab['received'] = {
        bytes: bytes.byteLength,
        hash: [...digest].join(' '),
        end: await connection.closed,
      }
    })
    expect(await received(near)).toEqual({
      bytes: MEGABYTES * 1_000_000,
      hash: fedHash,
      end: { reason: 'EOF', clean: true },
    })
    await near.close()
    await far.close()
  })

  test('slows a sender down over WebRTC for a page that does not read, and loses nothing', async () => {
    const near = await openLab(one)
    const far = await openLab(two)
    await connectLab(near)
    const target = await connectLab(far)
    const hash = await makePayload(far, UNREAD_MEGABYTES)
    await far.evaluate(async () => {
      const listener = await (lab['client'] as client.Client).listen('/x/slow', { frames: false })
      const payload = lab['payload'] as Uint8Array
      void (async () => {
        for await (const connection of listener) {
          for (let start = 0; start < payload.byteLength; start += 65_536) {
            lab['sent'] = start
            if (!connection.send(payload.subarray(start, start + 65_536))) await connection.drain()
          }
          connection.close()
        }
      })()
    })
    const webrtc = target.addresses.filter((address) => address.endsWith('/webrtc'))
    await dial(near, { peer: target.peer, addresses: webrtc }, '/x/slow')
    let last = -1
    let calm = 0
    await until('the sender to stand still', async () => {
      const sent = Number(await far.evaluate(() => lab['sent'] ?? 0))
      calm = sent === last && sent > 0 ? calm + 1 : 0
      last = sent
      return calm === 25
    })
    expect(last).toBeLessThan((UNREAD_MEGABYTES * 1_000_000) / 2)
    const [link, got] = await near.evaluate(async () => {
      const connection = lab['connection'] as client.Connection
      const chunks: Uint8Array<ArrayBuffer>[] = []
      for await (const message of connection) chunks.push(new Uint8Array(message))
      const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer())
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
      return [connection.link, [...digest].join(' ')]
    })
    expect(got).toBe(hash)
    expect(link).toBe('direct')
    await near.close()
    await far.close()
  })
})
