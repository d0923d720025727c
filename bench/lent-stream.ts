import { openPair, toFront } from './browser-to-browser.ts'
import type { Pair } from './browser-to-browser.ts'
import { withLab } from './harness/lab.ts'
import type { WorldName } from './harness/lab.ts'
import type { Benchmark, Compared } from './harness/report.ts'
import { comparison, figure, ratioGoal } from './harness/report.ts'
import type { Scale } from './harness/scale.ts'
import { part } from './harness/scale.ts'
import { startSignals } from './harness/signals.ts'
import { median } from './harness/statistics.ts'
import { takeTurns } from './harness/turns.ts'

const LENT = 'lent to a SharedWorker'
const PAGE = 'js-libp2p in the page'
const WORLDS: readonly (readonly [string, WorldName])[] = [
  [LENT, 'lent'],
  [PAGE, 'libp2p'],
]
const TOTAL_BYTES = 100_000_000
const MESSAGE_BYTES = 65_536

interface Sample {
  /** The rate of a transfer without monitoring, in MB/s. */
  throughput: number
  /** The part of that transfer's time in percent in which the main thread of the dialing page was busy. */
  busy: number
  /** The number of tasks of more than 50 ms on that thread, in a monitored transfer. */
  longTasks: number
}

async function measure(pair: Pair, totalBytes: number): Promise<Sample> {
  const transfer = { direction: 'up', messageBytes: MESSAGE_BYTES, totalBytes } as const
  await toFront(pair)
  await pair.near.evaluate((address) => bench.dial(address), pair.address)
  const { longTasks } = await pair.near.evaluate((transfer) => bench.watched(transfer), transfer)
  const before = await pair.near.metrics()
  const throughput = await pair.near.evaluate((transfer) => bench.throughput(transfer), transfer)
  const after = await pair.near.metrics()
  const passedMs = totalBytes / throughput / 1000
  const busyMs = ((after.TaskDuration ?? 0) - (before.TaskDuration ?? 0)) * 1000
  return { throughput, busy: (100 * busyMs) / passedMs, longTasks }
}

const MEASURES: readonly (readonly [key: keyof Sample, caption: string, unit: string])[] = [
  ['throughput', 'Throughput of one stream', 'MB/s'],
  ['busy', 'Time in which the page’s main thread was busy', 'percent of the time'],
  ['longTasks', 'Tasks of more than 50 ms on it', 'tasks'],
]

export const lentStream: Benchmark<Scale> = {
  name: 'lent-stream',
  title: 'One stream over lent WebRTC',
  about: `The same js-libp2p runs in a SharedWorker to which its page lends WebRTC (\`src/rtc\`), and in the page itself.
Each has two Chromium processes. One stream carries 100 MB in messages of 64 KiB, from the side that dialled.
The page that lends does nothing else. The browser reports how busy its main thread is (\`TaskDuration\` of the
DevTools protocol).`,
  async run(scale) {
    const signals = await startSignals()
    try {
      return await withLab(['lent', 'libp2p'], async (lab) => {
        const browsers = [await lab.browser(), await lab.browser()] as const
        const pairs: (readonly [string, Pair])[] = []
        for (const [name, world] of WORLDS) pairs.push([name, await openPair(lab, browsers, world, signals)])
        const totalBytes = part(scale, TOTAL_BYTES, MESSAGE_BYTES)
        const samples = await takeTurns(
          pairs.map(([name, pair]) => ({ name, measure: () => measure(pair, totalBytes) })),
          scale.rounds,
        )
        const lineOf = (key: keyof Sample): Compared => ({
          label: '64 KiB',
          samples: new Map([...samples].map(([name, all]) => [name, all.map((sample) => sample[key])])),
        })
        const lender = (key: keyof Sample): number =>
          median((samples.get(LENT) ?? []).map((sample) => sample[key]))
        return {
          goals: [
            ratioGoal('one stream, throughput', lineOf('throughput'), [LENT, PAGE], 'at least', 0.95),
            {
              what: 'main thread of the page that lends, busy',
              wanted: 'less than 5 % of the time',
              got: `${figure(lender('busy'))} %`,
              reached: lender('busy') < 5,
            },
            {
              what: 'tasks of more than 50 ms on it',
              wanted: 'none',
              got: figure(lender('longTasks')),
              reached: lender('longTasks') === 0,
            },
          ],
          tables: MEASURES.map(([key, caption, unit]) => comparison(caption, unit, [lineOf(key)])),
          plots: [],
        }
      })
    } finally {
      await signals.close()
    }
  },
}
