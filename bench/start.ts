import type { BrowserContext } from 'puppeteer-core'
import type { WorldName } from './harness/lab.ts'
import { withLab } from './harness/lab.ts'
import type { Benchmark, Compared } from './harness/report.ts'
import { comparison } from './harness/report.ts'
import type { Scale } from './harness/scale.ts'
import { takeTurns } from './harness/turns.ts'

const OURS = 'ours'
const LIBP2P = 'js-libp2p in the page'
const EMPTY = 'empty page'
const WORLDS: readonly (readonly [name: string, world: WorldName])[] = [
  [OURS, 'ours'],
  [LIBP2P, 'libp2p'],
  [EMPTY, 'empty'],
]

/** One start of a page. */
interface Start {
  identifiedMs: number
  dialableMs: number
  /** The bytes that came over the network for the page and its scripts, including headers. */
  bytes: number
}

interface Sample {
  cold: Start
  warm: Start
}

async function openOnce(context: BrowserContext, url: string, hasWorker: boolean): Promise<Start> {
  const page = await context.newPage()
  await page.goto(url)
  const start = await page.evaluate(async (hasWorker) => {
    const times = (await bench.started) ?? { identifiedMs: NaN, dialableMs: NaN }
    // The page's list of resources lacks the worker's scripts. They are requested once more as the worker
    // did, from the cache if allowed.
    const ask = async (path: string): Promise<string> => await (await fetch(path)).text()
    if (hasWorker) {
      await ask('/relay-worker.js')
      const main = await ask('/relay-worker/main.js')
      for (const [, name] of main.matchAll(/from ?"\.\/([^"]+)"/g)) await ask(`/relay-worker/${name}`)
    }
    const entries = ['navigation', 'resource'].flatMap((type) => performance.getEntriesByType(type))
    const bytes = (entries as PerformanceResourceTiming[])
      .filter(({ name }) => !name.includes('network.json'))
      .reduce((sum, { transferSize }) => sum + transferSize, 0)
    return { ...times, bytes }
  }, hasWorker)
  await page.close()
  return start
}

const MEASURES: readonly (readonly [caption: string, unit: string, key: keyof Start])[] = [
  ['Navigation to Identify', 'milliseconds', 'identifiedMs'],
  ['Navigation to dialable', 'milliseconds', 'dialableMs'],
  ['Loaded over the network', 'bytes', 'bytes'],
]

export const start: Benchmark<Scale> = {
  name: 'start',
  title: 'Start',
  about: `A page is opened in a new profile (*cold*), closed, and opened again immediately (*warm*). The warm page has the
browser's cache and, for ours, the SharedWorker if the browser lets it outlive its last page. The times are
from navigation to Identify (to the started node for js-libp2p in the page, and to the first script for an
empty page), and to the moment when others can dial the peer through a circuit relay. Bytes are those of the
page and all its scripts, including the worker's.`,
  inFirefox: true,
  async run(scale, startBrowser) {
    return withLab(['ours', 'libp2p', 'empty'], async (lab) => {
      const { browser } = await lab.browser(startBrowser)
      const samples = await takeTurns<Sample>(
        WORLDS.map(([name, world]) => ({
          name,
          async measure() {
            const context = await browser.createBrowserContext()
            const url = `${lab.node.origin}/${world}.html#start`
            const cold = await openOnce(context, url, world === 'ours')
            const warm = await openOnce(context, url, world === 'ours')
            await context.close()
            return { cold, warm }
          },
        })),
        scale.rounds,
      )
      return {
        goals: [],
        tables: MEASURES.map(([caption, unit, key]) =>
          comparison(
            caption,
            unit,
            (['cold', 'warm'] as const).map((label): Compared => ({
              label,
              samples: new Map([...samples].map(([name, all]) => [name, all.map((one) => one[label][key])])),
            })),
          ),
        ),
        plots: [],
      }
    })
  },
}
