import type { CDPSession } from 'puppeteer-core'
import { openPair, toFront } from './browser-to-browser.ts'
import type { Pair } from './browser-to-browser.ts'
import { withLab } from './harness/lab.ts'
import type { WorldName } from './harness/lab.ts'
import type { Benchmark, Compared } from './harness/report.ts'
import { comparison, figure, ratioGoal } from './harness/report.ts'
import type { Scale } from './harness/scale.ts'
import { part } from './harness/scale.ts'
import { startSignals } from './harness/signals.ts'
import { takeTurns } from './harness/turns.ts'
import type { MainThread } from './page/main-thread.ts'
import type { Direction } from './page/workload.ts'

const OURS = 'ours'
const LIBP2P = 'js-libp2p in the page'
const WORLDS: readonly (readonly [string, WorldName])[] = [
  [OURS, 'ours'],
  [LIBP2P, 'libp2p'],
]
const TOTAL_BYTES = 100_000_000
const MESSAGE_BYTES = 65_536

interface Sample extends MainThread {
  /** The processor time of all the main thread's tasks in milliseconds. */
  busyMs: number
}

async function measure(pair: Pair, direction: Direction, totalBytes: number): Promise<Sample> {
  const transfer = { direction, messageBytes: MESSAGE_BYTES, totalBytes }
  await toFront(pair)
  await pair.near.evaluate((address) => bench.dial(address), pair.address)
  const watched = await pair.near.evaluate((transfer) => bench.watched(transfer), transfer)
  // Once more without monitoring, which draws frames and sets timers, because that is work too.
  const session = await pair.near.createCDPSession()
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const before = await taskSeconds(session)
  await pair.near.evaluate((transfer) => bench.throughput(transfer), transfer)
  const after = await taskSeconds(session)
  await session.detach()
  return { ...watched, busyMs: (after - before) * 1000 }
}

/** The processor time in seconds that the tasks of a page's main thread have used. */
async function taskSeconds(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics')
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN
}

const MEASURES: readonly (readonly [key: keyof Sample, caption: string, unit: string])[] = [
  ['longestMs', 'Longest delay of a 4 ms timer', 'milliseconds'],
  ['busyMs', 'Processor time of the main thread, all tasks together', 'milliseconds'],
  ['missedFrames', 'Frames that were not drawn, of 60 per second', 'frames'],
  ['longTasks', 'Tasks of more than 50 ms, including waits for a processor', 'tasks'],
]

export const mainThread: Benchmark<Scale> = {
  name: 'main-thread',
  title: 'The main thread while 100 MB pass',
  about: `A page sends 100 MB to a page in another browser over WebRTC, or receives them, in messages of 64 KiB. *Ours*
and *js-libp2p in the page* are as in [browser to browser](browser-to-browser.md). Measured in the page that
dialled: tasks of more than 50 ms, as the browser reports them; the longest delay of a 4 ms timer; and the
number of frames that weren't drawn. A separate transfer, without timer and frames, measures the processor
time of the main thread's tasks (\`TaskDuration\` of the DevTools protocol, in its time domain \`threadTicks\`).
Time by the clock would include waiting for a processor, for which six processes compete.`,
  async run(scale) {
    const signals = await startSignals()
    try {
      return await withLab(['ours', 'libp2p'], async (lab) => {
        const browsers = [await lab.browser(), await lab.browser()] as const
        const pairs: (readonly [string, Pair])[] = []
        for (const [name, world] of WORLDS) pairs.push([name, await openPair(lab, browsers, world, signals)])
        const totalBytes = part(scale, TOTAL_BYTES, MESSAGE_BYTES)
        const lines = new Map<keyof Sample, Compared[]>(MEASURES.map(([key]) => [key, []]))
        let longest = 0
        for (const direction of ['up', 'down'] as const) {
          const samples = await takeTurns(
            pairs.map(([name, pair]) => ({ name, measure: () => measure(pair, direction, totalBytes) })),
            Math.min(scale.rounds, 5),
          )
          longest = Math.max(longest, ...(samples.get(OURS) ?? []).map(({ longestTaskMs }) => longestTaskMs))
          for (const [key] of MEASURES) {
            lines.get(key)?.push({
              label: direction === 'up' ? 'sending' : 'receiving',
              samples: new Map([...samples].map(([name, all]) => [name, all.map((sample) => sample[key])])),
            })
          }
        }
        return {
          goals: [
            {
              what: 'longest main-thread task while 100 MB pass',
              wanted: 'at most 50 ms',
              got: longest === 0 ? 'none of over 50 ms' : `${figure(longest)} ms`,
              reached: longest <= 50,
            },
            ...(lines.get('busyMs') ?? []).map((line) =>
              ratioGoal(`main thread’s processor time, ${line.label}`, line, [OURS, LIBP2P], 'at most', 0.1),
            ),
          ],
          tables: MEASURES.map(([key, caption, unit]) => comparison(caption, unit, lines.get(key) ?? [])),
          plots: [],
        }
      })
    } finally {
      await signals.close()
    }
  },
}
