import '../../support/polyfill.ts'
import type { Libp2p } from '@libp2p/interface'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type * as client from '../../../src/client/index.ts'
import type { RelayStatus } from '../../../src/status/index.ts'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import { connectLab, makeLab } from '../../support/lab-page.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { LOCAL_MODE, startNodeBuild } from '../../support/node-build.ts'
import { startReferencePeer } from '../../support/peers.ts'
import { until } from '../../support/until.ts'

const MOST_PENDING = 20
/** The number of peers that are dialled at once. */
const SILENT_PEERS = 24

let files: Awaited<ReturnType<typeof makeLab>>
let node: NodeBuild
let chromium: Chromium
const peers: Libp2p[] = []

beforeAll(async () => {
  files = await makeLab()
  node = await startNodeBuild([...LOCAL_MODE, '-files', files.directory])
  chromium = await startChromium()
})

afterAll(async () => {
  await chromium?.close()
  await Promise.all(peers.map(async (peer) => peer.stop()))
  await node?.stop()
  await files?.remove()
})

declare global {
  /** The number of a tab's real connections that are not closed, and its maximum so far. */
  var realConnections: { now: number; most: number; ever: number }
}

test("dials to peers that don't answer hold at most 20 connections, start none early and leave none behind", async () => {
  const page = await chromium.browser.newPage()
  await page.evaluateOnNewDocument(() => {
    globalThis.realConnections = { now: 0, most: 0, ever: 0 }
    const counts = globalThis.realConnections
    globalThis.RTCPeerConnection = class extends RTCPeerConnection {
      #isOpen = true

      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        counts.ever += 1
        counts.now += 1
        counts.most = Math.max(counts.most, counts.now)
      }

      override close(): void {
        if (this.#isOpen) counts.now -= 1
        this.#isOpen = false
        super.close()
      }
    }
  })
  await page.goto(`${node.origin}/lab.html`)
  const relay = await until('the relay’s address', async () => {
    const { addresses } = await connectLab(page)
    return addresses.find((address) => address.endsWith('/p2p-circuit'))
  })
  const dialAll = async (targets: { peer: string; addrs: string[] }[]): Promise<number> =>
    page.evaluate(async (targets) => {
      const connected = lab['client'] as client.Client
      const dials = targets.map(async (target) => connected.dial(target, '/x/dead'))
      return (await Promise.allSettled(dials)).filter(({ status }) => status === 'rejected').length
    }, targets)
  const counts = async (): Promise<typeof realConnections> => page.evaluate(() => realConnections)

  // These peers signal, and then send nothing. They know the relay by its TCP address.
  const { peer: served } = (await (await fetch(`${node.origin}/status.json`)).json()) as RelayStatus
  const tcp = served?.addresses.find(({ address }) =>
    /^\/ip4\/127\.0\.0\.1\/tcp\/\d+$/.test(address),
  )?.address
  if (tcp === undefined) throw new Error('the relay has no TCP address')
  for (let number = 0; number < SILENT_PEERS; number += 1) {
    const peer = await startReferencePeer({ listen: [`${tcp}/p2p/${served?.id ?? ''}/p2p-circuit`] })
    peers.push(peer)
    await peer.handle('/webrtc-signaling/0.0.1', () => undefined, { runOnLimitedConnection: true })
  }
  const silent = peers.map(({ peerId }) => ({
    peer: peerId.toString(),
    addrs: [`${relay}/webrtc`],
  }))
  expect(await dialAll(silent)).toBe(SILENT_PEERS)
  // The streams no longer wait for a direct connection; the search for one continues, one peer after the
  // other.
  await until('each peer to have its turn', async () => (await counts()).ever >= SILENT_PEERS, 60_000)
  await until('the last connection to be closed', async () => (await counts()).now === 0, 90_000)
  const { most } = await counts()
  expect(most).toBeGreaterThan(1)
  expect(most).toBeLessThanOrEqual(MOST_PENDING)

  console.log(`${SILENT_PEERS} silent peers, at most ${most} connections at a time`)

  // These peers have gone, so no connection is started for them.
  await Promise.all(peers.map(async (peer) => peer.stop()))
  const before = (await counts()).ever
  expect(await dialAll(silent)).toBe(SILENT_PEERS)
  expect((await counts()).ever).toBe(before)
})
