import type { Page } from 'puppeteer-core'
import { bySize, sizeText, sizesOf } from './hop.ts'
import { withLab } from './harness/lab.ts'
import type { Benchmark, Compared } from './harness/report.ts'
import { comparison, ratioGoal } from './harness/report.ts'
import type { Scale } from './harness/scale.ts'
import { part } from './harness/scale.ts'
import { median } from './harness/statistics.ts'
import { takeTurns } from './harness/turns.ts'
import { startFarEnd } from './node/far-end.ts'
import type { Direction } from './page/workload.ts'

const OURS = 'ours'
const LIBP2P = 'js-libp2p in the page'
const TOTAL_BYTES = 40_000_000

export const browserToNode: Benchmark<Scale> = {
  name: 'browser-to-node',
  title: 'Browser to Node over WebSocket',
  about: `A page dials a js-libp2p peer in a Node process over WebSocket: through our WebSocket and the peer in the
SharedWorker, or with js-libp2p in the page itself, in the versions and with the options of the relay's peer.
A round trip is 64 bytes there and back. *Up* is from the page.`,
  inFirefox: true,
  async run(scale, startBrowser) {
    const far = await startFarEnd()
    try {
      return await withLab(['ours', 'libp2p'], async (lab) => {
        const browser = await lab.browser(startBrowser)
        const address = {
          peer: far.firstLine.peer,
          addrs: far.firstLine.ws,
        }
        const pages: { name: string; page: Page }[] = []
        for (const [name, world] of [
          [OURS, 'ours'],
          [LIBP2P, 'libp2p'],
        ] as const) {
          const { page } = await lab.open(browser, world)
          await page.evaluate(() => bench.start())
          pages.push({ name, page })
        }
        const measure = async (
          label: string,
          sample: (page: Page) => Promise<number>,
        ): Promise<Compared> => ({
          label,
          samples: await takeTurns(
            pages.map(({ name, page }) => ({
              name,
              async measure() {
                await page.bringToFront()
                await page.evaluate((address) => bench.dial(address), address)
                return sample(page)
              },
            })),
            scale.rounds,
          ),
        })
        const perBatch = part(scale, 100, 2)
        const trip = await measure('64 bytes', async (page) =>
          median(await page.evaluate((count) => bench.roundTrips(64, count, 10), perBatch)),
        )
        const tables: Record<Direction, Compared[]> = { up: [], down: [] }
        for (const direction of ['up', 'down'] as const) {
          for (const size of sizesOf(scale)) {
            const transfer = { direction, messageBytes: size, totalBytes: part(scale, TOTAL_BYTES, size) }
            tables[direction].push(
              await measure(sizeText(size), (page) =>
                page.evaluate((transfer) => bench.throughput(transfer), transfer),
              ),
            )
          }
        }
        return {
          goals: [
            ratioGoal('browser to Node, round trip', trip, [OURS, LIBP2P], 'at most', 1),
            ...(['up', 'down'] as const).flatMap((direction) => {
              const line = tables[direction][sizesOf(scale).indexOf(65_536)]
              const what = `browser to Node, throughput ${direction} at 64 KiB`
              return line === undefined ? [] : [ratioGoal(what, line, [OURS, LIBP2P], 'at least', 1)]
            }),
          ],
          tables: [
            comparison('Round trip', 'milliseconds', [trip]),
            comparison('Throughput up', 'MB/s', tables.up),
            comparison('Throughput down', 'MB/s', tables.down),
          ],
          plots: [
            {
              name: 'browser-to-node',
              title: 'Throughput from browser to Node',
              x: 'bytes of a message',
              y: 'MB/s',
              series: [OURS, LIBP2P].map((name) => bySize(tables.up, sizesOf(scale), name)),
              scale: { y: 'linear' },
            },
          ],
        }
      })
    } finally {
      await far.stop()
    }
  },
}
