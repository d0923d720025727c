import { setTimeout as delay } from 'node:timers/promises'
import type { Browser } from 'puppeteer-core'
import { startChromium } from '../test/support/chromium.ts'
import { until } from '../test/support/until.ts'
import type { Lab, WorldName } from './harness/lab.ts'
import { withLab } from './harness/lab.ts'
import { memoryOfFamily } from './harness/processes.ts'
import type { Benchmark } from './harness/report.ts'
import { figure } from './harness/report.ts'
import type { Scale } from './harness/scale.ts'
import { connectionsAt } from './node/status.ts'

const COUNTS: Readonly<Record<Scale['name'], readonly number[]>> = {
  trial: [2],
  quick: [1, 10],
  full: [1, 2, 5, 10, 20],
}
const WORLDS: readonly (readonly [name: string, world: WorldName])[] = [
  ['ours', 'ours'],
  ['a node in each page', 'libp2p'],
  ['empty pages', 'empty'],
]
/**
 * The milliseconds after the last tab has started in which temporary memory can be freed: Chromium takes
 * several seconds for it.
 */
const SETTLE_MS = 10_000
/** How much longer than an empty page the n-th tab may take. */
const MAX_LATER_MS = 100
const MAX_MEMORY_RATIO = 1.3

/** One browser with so many tabs. */
interface Sample {
  memory: number
  connections: number
  firstMs: number
  lastMs: number
}

async function openTab(browser: Browser, url: string): Promise<number> {
  const page = await browser.newPage()
  await page.goto(url)
  return page.evaluate(async () => (await bench.started)?.identifiedMs ?? NaN)
}

async function measure(lab: Lab, world: WorldName, count: number, settleMs: number): Promise<Sample> {
  await until('the relay to have no connections', async () => (await connectionsAt(lab.node.origin)) === 0)
  const chromium = await startChromium()
  try {
    const times: number[] = []
    while (times.length < count)
      times.push(await openTab(chromium.browser, `${lab.node.origin}/${world}.html#start`))
    await delay(settleMs)
    return {
      memory: memoryOfFamily(chromium.browser.process()?.pid ?? 0),
      connections: await connectionsAt(lab.node.origin),
      firstMs: times[0] ?? NaN,
      lastMs: times.at(-1) ?? NaN,
    }
  } finally {
    await chromium.close()
  }
}

export const tabs: Benchmark<Scale> = {
  name: 'tabs',
  title: 'Many tabs',
  about: `A browser has this many tabs of one site: with one peer in the SharedWorker, with js-libp2p in each page, and
empty. Memory is that of all processes of the browser, ten seconds after the last tab was opened. It is the
PSS, which counts shared memory once, without pages of mapped files. Connections are those at the relay. The
time is from navigation to Identify, for the first and the last tab (to the started node for js-libp2p in the
page, and to the first script for an empty page).`,
  async run(scale) {
    return withLab(['ours', 'libp2p', 'empty'], async (lab) => {
      const samples = new Map<string, Sample>()
      const counts = COUNTS[scale.name]
      const settleMs = scale.name === 'trial' ? 0 : SETTLE_MS
      for (const count of counts) {
        for (const [name, world] of WORLDS)
          samples.set(`${name} ${count}`, await measure(lab, world, count, settleMs))
      }
      const of = (name: string, count: number): Sample | undefined => samples.get(`${name} ${count}`)
      const beyond = (count: number): number =>
        (of('ours', count)?.memory ?? NaN) - (of('empty pages', count)?.memory ?? NaN)
      const ratio = beyond(10) / beyond(1)
      const most = counts.at(-1) ?? 1
      const later = (of('ours', most)?.lastMs ?? NaN) - (of('empty pages', most)?.lastMs ?? NaN)
      return {
        goals: [
          ...(counts.includes(10)
            ? [
                {
                  what: '10 tabs, memory beyond the pages themselves',
                  wanted: `at most ${MAX_MEMORY_RATIO} times that of one tab`,
                  got: figure(ratio),
                  reached: ratio <= MAX_MEMORY_RATIO,
                },
              ]
            : []),
          {
            what: `tab ${most}, navigation to Identify`,
            wanted: `at most ${MAX_LATER_MS} ms more than an empty page`,
            got: `${figure(later)} ms`,
            reached: later <= MAX_LATER_MS,
          },
        ],
        tables: [
          {
            caption: 'Tabs',
            columns: ['', 'tabs', 'memory, MB', 'connections at the relay', 'first tab, ms', 'last tab, ms'],
            rows: WORLDS.flatMap(([name]) =>
              counts.map((count) => {
                const sample = of(name, count)
                return [
                  name,
                  String(count),
                  figure((sample?.memory ?? NaN) / 1e6),
                  String(sample?.connections ?? ''),
                  figure(sample?.firstMs ?? NaN),
                  figure(sample?.lastMs ?? NaN),
                ]
              }),
            ),
          },
        ],
        plots: [
          {
            name: 'tabs',
            title: 'Memory of the whole browser',
            x: 'tabs',
            y: 'MB',
            series: WORLDS.map(([name]) => ({
              name,
              points: counts.map((count) => [count, (of(name, count)?.memory ?? NaN) / 1e6] as const),
            })),
            scale: { x: 'linear', y: 'linear' },
          },
        ],
      }
    })
  },
}
