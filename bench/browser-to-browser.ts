import type { Page } from 'puppeteer-core'
import type { Chromium } from '../test/support/chromium.ts'
import { bySize, sizeText, sizesOf } from './hop.ts'
import type { Lab, LabPage, WorldName } from './harness/lab.ts'
import { withLab } from './harness/lab.ts'
import type { Benchmark, Compared } from './harness/report.ts'
import { comparison, ratioGoal } from './harness/report.ts'
import type { Scale } from './harness/scale.ts'
import { part } from './harness/scale.ts'
import type { SignalServer } from './harness/signals.ts'
import { startSignals } from './harness/signals.ts'
import { median } from './harness/statistics.ts'
import { takeTurns } from './harness/turns.ts'
import type { Address } from './page/pipe.ts'
import type { Transfer } from './page/workload.ts'

const OURS = 'ours'
const LIBP2P = 'js-libp2p in the page'
const BARE = 'RTCDataChannel'

export const PEER_WORLDS: readonly (readonly [name: string, world: WorldName])[] = [
  [OURS, 'ours'],
  [LIBP2P, 'libp2p'],
  [BARE, 'bare'],
]

/** The bytes of one transfer, which takes about a second. */
const TOTAL_BYTES = 16_000_000
const GOAL_BYTES = 65_536
/**
 * The size in messages of {@link GOAL_BYTES}, for which there are goals: a connection reaches its full speed
 * only after some megabytes.
 */
const GOAL_TOTAL_BYTES = 150_000_000

/** A page that dials and a page that is dialled, of one world, in two browsers. */
export interface Pair {
  near: Page
  far: Page
  address: Address
  close(): Promise<void>
}

let pairs = 0

/** Opens a world in both browsers; the far one serves. Nobody has dialled yet. */
export async function openPair(
  lab: Lab,
  [one, two]: readonly [Chromium, Chromium],
  world: WorldName,
  signals: SignalServer,
): Promise<Pair> {
  pairs += 1
  const hash = world === 'bare' ? `#${encodeURIComponent(`${signals.url}/${pairs}`)}` : ''
  const opened: LabPage[] = []
  for (const browser of [one, two]) {
    const page = await lab.open(browser, world, hash)
    opened.push(page)
  }
  const [near, far] = opened as [LabPage, LabPage]
  await near.page.evaluate(() => bench.start())
  const address = await far.page.evaluate(() => bench.start())
  await far.page.evaluate(() => bench.serve())
  return {
    near: near.page,
    far: far.page,
    address,
    async close() {
      await Promise.all(opened.map((page) => page.close()))
    },
  }
}

/** Brings both pages of a pair to the front. */
export async function toFront({ near, far }: Pair): Promise<void> {
  await near.bringToFront()
  await far.bringToFront()
}

async function dial({ near, address }: Pair): Promise<number> {
  const [ms = NaN] = await near.evaluate((address) => bench.dial(address), address)
  return ms
}

export const browserToBrowser: Benchmark<Scale> = {
  name: 'browser-to-browser',
  title: 'Browser to browser over WebRTC',
  about: `Two browser processes have a page each. *Ours* is the whole stack: the typed client, our WebSocket, the peer
in the SharedWorker, and WebRTC that the tab lends. *js-libp2p in the page* has the versions and options of
the relay's peer (\`src/relay/peer.ts\`), and its streams are used as they are. *RTCDataChannel* is one bare
channel, with messages of up to 256 KiB; js-libp2p sends at most 16 KiB. A dial is measured from nothing to an
open stream, each time between two peers that have never met. A circuit relay introduces them (a WebSocket,
for the bare channel). A round trip is 64 bytes there and back. *Up* is from the page that dialled.`,
  inFirefox: true,
  async run(scale, startBrowser) {
    const signals = await startSignals()
    try {
      return await withLab(['ours', 'libp2p', 'bare'], async (lab) => {
        const browsers = [await lab.browser(startBrowser), await lab.browser(startBrowser)] as const
        const dials = await takeTurns(
          PEER_WORLDS.map(([name, world]) => ({
            name,
            async measure() {
              const pair = await openPair(lab, browsers, world, signals)
              await toFront(pair)
              const ms = await dial(pair)
              await pair.close()
              return ms
            },
          })),
          scale.rounds,
        )
        const pairs: (readonly [string, Pair])[] = []
        for (const [name, world] of PEER_WORLDS) {
          const pair = await openPair(lab, browsers, world, signals)
          await dial(pair)
          pairs.push([name, pair])
        }
        const measure = async (
          label: string,
          sample: (pair: Pair) => Promise<number>,
        ): Promise<Compared> => ({
          label,
          samples: await takeTurns(
            pairs.map(([name, pair]) => ({
              name,
              async measure() {
                await toFront(pair)
                await dial(pair)
                return sample(pair)
              },
            })),
            scale.rounds,
          ),
        })
        const perBatch = part(scale, 40, 2)
        const trip = await measure('64 bytes', async ({ near }) =>
          median(await near.evaluate((count) => bench.roundTrips(64, count, 10), perBatch)),
        )
        const tables: Record<Transfer['direction'], Compared[]> = { up: [], down: [] }
        for (const direction of ['up', 'down'] as const) {
          for (const size of sizesOf(scale)) {
            const transfer = {
              direction,
              messageBytes: size,
              totalBytes: part(scale, size === GOAL_BYTES ? GOAL_TOTAL_BYTES : TOTAL_BYTES, size),
            }
            tables[direction].push(
              await measure(sizeText(size), ({ near }) =>
                near.evaluate((transfer) => bench.throughput(transfer), transfer),
              ),
            )
          }
        }
        const goals = (['up', 'down'] as const).flatMap((direction) => {
          const line = tables[direction][sizesOf(scale).indexOf(GOAL_BYTES)]
          if (line === undefined) return []
          const what = `browser to browser, throughput ${direction} at 64 KiB`
          return [
            ratioGoal(what, line, [OURS, LIBP2P], 'at least', 1),
            ratioGoal(what, line, [OURS, BARE], 'at least', 0.8),
          ]
        })
        return {
          goals,
          tables: [
            comparison('Dial', 'milliseconds', [{ label: '', samples: dials }]),
            comparison('Round trip', 'milliseconds', [trip]),
            comparison('Throughput up', 'MB/s', tables.up),
            comparison('Throughput down', 'MB/s', tables.down),
          ],
          plots: [
            {
              name: 'browser-to-browser',
              title: 'Throughput between two browsers, up',
              x: 'bytes of a message',
              y: 'MB/s',
              series: PEER_WORLDS.map(([name]) => bySize(tables.up, sizesOf(scale), name)),
              scale: { y: 'linear' },
            },
          ],
        }
      })
    } finally {
      await signals.close()
    }
  },
}
