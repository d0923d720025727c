import type { Page } from 'puppeteer-core'
import { withLab } from './harness/lab.ts'
import type { Benchmark, Compared, Plot } from './harness/report.ts'
import { comparison, ratioGoal } from './harness/report.ts'
import type { Scale } from './harness/scale.ts'
import { part } from './harness/scale.ts'
import { median } from './harness/statistics.ts'
import { takeTurns } from './harness/turns.ts'
import type { Address } from './page/pipe.ts'

const OURS = 'our WebSocket'
const NATIVE = 'native WebSocket'
const MESSAGE_SIZES = [1_024, 16_384, 65_536, 1_048_576]
/** The bytes of one transfer, by the size of its messages: small ones take longer. */
const TOTAL_BYTES = new Map([
  [1_024, 16_000_000],
  [16_384, 100_000_000],
  [65_536, 200_000_000],
  [1_048_576, 200_000_000],
])

/** The sizes of messages; a trial has only the one for which there are goals. */
export function sizesOf(scale: Scale): readonly number[] {
  return scale.name === 'trial' ? [65_536] : MESSAGE_SIZES
}

/** A size as it is displayed in tables. */
export function sizeText(bytes: number): string {
  return bytes >= 1_048_576 ? `${bytes / 1_048_576} MiB` : `${bytes / 1024} KiB`
}

/** The medians of a contestant over the sizes of messages, for a plot. */
export function bySize(
  lines: readonly Compared[],
  sizes: readonly number[],
  name: string,
): Plot['series'][number] {
  return {
    name,
    points: sizes.map((size, index) => [size, median(lines[index]?.samples.get(name) ?? [])]),
  }
}

export const hop: Benchmark<Scale> = {
  name: 'hop',
  title: 'The hop: page to relay and back',
  about: `A page has two sockets on \`/libp2p\` and uses the protocol on them by hand. One listens, and the other connects
to the peer's own ID. So all bytes go from the page to the relay, through its loopback stream, and back to the
page. Our sockets lead to the SharedWorker, and the native ones to the Node build. Both have the same core. A
round trip is 64 bytes there and back, and passes the relay twice. Throughput is one way, through the relay
once. Eight connections share the two sockets.`,
  inFirefox: true,
  async run(scale, startBrowser) {
    return withLab(['our-socket', 'native-socket'], async (lab) => {
      const browser = await lab.browser(startBrowser)
      const pages: { name: string; page: Page; address: Address }[] = []
      for (const [name, world] of [
        [OURS, 'our-socket'],
        [NATIVE, 'native-socket'],
      ] as const) {
        const { page } = await lab.open(browser, world)
        const address = await page.evaluate(() => bench.start())
        await page.evaluate(() => bench.serve())
        pages.push({ name, page, address })
      }

      /** Measures both, turn by turn, with that many connections. */
      const measure = async (
        label: string,
        connections: number,
        sample: (page: Page) => Promise<number>,
      ): Promise<Compared> => {
        for (const { page, address } of pages) {
          await page.evaluate((address, count) => bench.dial(address, count), address, connections)
        }
        const contestants = pages.map(({ name, page }) => ({
          name,
          measure: async () => {
            await page.bringToFront()
            return sample(page)
          },
        }))
        return { label, samples: await takeTurns(contestants, scale.rounds) }
      }

      const trips: Compared[] = []
      const throughputs = new Map<number, Compared[]>()
      for (const connections of [1, 8]) {
        const lines: Compared[] = []
        throughputs.set(connections, lines)
        for (const size of sizesOf(scale)) {
          const totalBytes = part(scale, TOTAL_BYTES.get(size) ?? 0, size * connections)
          lines.push(
            await measure(sizeText(size), connections, (page) =>
              page.evaluate((transfer) => bench.throughput(transfer), {
                direction: 'up',
                messageBytes: size,
                totalBytes,
              } as const),
            ),
          )
        }
        const perBatch = part(scale, 100, 2)
        trips.push(
          await measure(
            connections === 1 ? '1 connection' : `${connections} connections`,
            connections,
            async (page) => {
              const batches = await page.evaluate((count) => bench.roundTrips(64, count, 10), perBatch)
              return median(batches) * 1000
            },
          ),
        )
      }
      const one = throughputs.get(1) ?? []
      const eight = throughputs.get(8) ?? []
      const at64 = one[sizesOf(scale).indexOf(65_536)]
      const trip = trips[0]
      return {
        goals:
          at64 === undefined || trip === undefined
            ? []
            : [
                ratioGoal('hop, round trip', trip, [OURS, NATIVE], 'at most', 1 / 5),
                ratioGoal('hop, throughput at 64 KiB', at64, [OURS, NATIVE], 'at least', 10),
              ],
        tables: [
          comparison('Round trip of 64 bytes', 'microseconds', trips),
          comparison('Throughput, 1 connection', 'MB/s', one),
          comparison('Throughput, 8 connections', 'MB/s', eight),
        ],
        plots: [
          {
            name: 'hop',
            title: 'Throughput of the hop, 1 connection',
            x: 'bytes of a message',
            y: 'MB/s',
            series: [OURS, NATIVE].map((name) => bySize(one, sizesOf(scale), name)),
          },
        ],
      }
    })
  },
}
