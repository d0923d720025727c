import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Page } from 'puppeteer-core'
import { bundle, bundleModule } from '../test/support/bundle.ts'
import { openPair } from './browser-to-browser.ts'
import type { Lab } from './harness/lab.ts'
import { withLab } from './harness/lab.ts'
import type { CpuProfile, ThreadProfile } from './harness/profile.ts'
import { profiled, selfTimes } from './harness/profile.ts'
import type { Benchmark, Table } from './harness/report.ts'
import { figure } from './harness/report.ts'
import type { Scale } from './harness/scale.ts'
import { part } from './harness/scale.ts'
import { startSignals } from './harness/signals.ts'
import { connectClient } from './node/client.ts'
import { startFarEnd } from './node/far-end.ts'
import { InspectedBuild } from './node/inspected.ts'
import { dialWith } from './page/client-pipe.ts'
import type { Direction } from './page/workload.ts'
import { ServedPipe } from './page/workload.ts'

const MESSAGE_BYTES = 65_536
const TOTAL_BYTES = 200_000_000
/** How many functions of a thread are listed, those that took the most time. */
const SHOWN = 12

/** The scripts without minification, so that functions have their names. */
const SCRIPTS = [
  ['libp2p-websocket.js', bundle, 'src/page/main.ts'],
  ['relay-worker/main.js', bundleModule, 'src/worker/main.ts'],
  ['rtc-pump.js', bundle, 'src/rtc/pump/pump-worker.ts'],
] as const

async function serveReadable(lab: Lab): Promise<void> {
  for (const [name, make, entry] of SCRIPTS) {
    await mkdir(dirname(join(lab.directory, name)), { recursive: true })
    await writeFile(join(lab.directory, name), await make(entry))
  }
}

function profileTable(caption: string, profile: CpuProfile): Table {
  const times = selfTimes(profile)
  const total = times.reduce((sum, [, ms]) => sum + ms, 0)
  return {
    caption: `${caption}: of ${figure(total)} ms`,
    columns: ['', 'ms', '%'],
    rows: times
      .slice(0, SHOWN)
      .map(([name, ms]) => [name.replaceAll('|', '\\|'), figure(ms), figure((ms / total) * 100)]),
  }
}

/** Pages that did next to nothing are left out, such as a browser's initial page. */
function threadTables(what: string, threads: readonly ThreadProfile[]): Table[] {
  return threads
    .filter(({ thread }) => !thread.includes('blank'))
    .map(({ thread, profile }) => profileTable(`${what}: ${thread}`, profile))
}

function transferAll(page: Page, totalBytes: number, direction: Direction = 'up'): Promise<number> {
  const transfer = { direction, messageBytes: MESSAGE_BYTES, totalBytes }
  return page.evaluate((transfer) => bench.throughput(transfer), transfer)
}

async function profileHop(scale: Scale): Promise<Table[]> {
  return withLab(['our-socket'], async (lab) => {
    await serveReadable(lab)
    const chromium = await lab.browser()
    const { page } = await lab.open(chromium, 'our-socket')
    const address = await page.evaluate(() => bench.start())
    await page.evaluate(() => bench.serve())
    await page.evaluate((address) => bench.dial(address), address)
    const totalBytes = part(scale, TOTAL_BYTES, MESSAGE_BYTES)
    await transferAll(page, totalBytes)
    return threadTables(
      'the hop',
      await profiled(chromium.browser, async () => void (await transferAll(page, totalBytes))),
    )
  })
}

async function profileWebRtc(scale: Scale): Promise<Table[]> {
  const signals = await startSignals()
  try {
    return await withLab(['ours'], async (lab) => {
      await serveReadable(lab)
      const near = await lab.browser()
      const pair = await openPair(lab, [near, await lab.browser()], 'ours', signals)
      await pair.near.evaluate((address) => bench.dial(address), pair.address)
      const totalBytes = part(scale, TOTAL_BYTES / 4, MESSAGE_BYTES)
      const tables: Table[] = []
      for (const direction of ['up', 'down'] as const) {
        await transferAll(pair.near, totalBytes, direction)
        const threads = await profiled(
          near.browser,
          async () => void (await transferAll(pair.near, totalBytes, direction)),
        )
        tables.push(
          ...threadTables(`over WebRTC, the ${direction === 'up' ? 'sender' : 'receiver'}`, threads),
        )
      }
      return tables
    })
  } finally {
    await signals.close()
  }
}

async function profileNode(scale: Scale): Promise<Table[]> {
  const build = await InspectedBuild.start()
  const far = await startFarEnd()
  try {
    const client = await connectClient(build.node.origin)
    const pipe = new ServedPipe(
      await dialWith(client, { peer: far.firstLine.peer, addrs: far.firstLine.tcp }),
    )
    const tables: Table[] = []
    for (const direction of ['up', 'down'] as const) {
      const transfer = {
        direction,
        messageBytes: MESSAGE_BYTES,
        totalBytes: part(scale, TOTAL_BYTES, MESSAGE_BYTES),
      }
      await pipe.transfer(transfer)
      const profile = await build.profile(async () => void (await pipe.transfer(transfer)))
      tables.push(
        profileTable(`the Node build, a client ${direction === 'up' ? 'sends' : 'receives'}`, profile),
      )
    }
    client.close()
    return tables
  } finally {
    await far.stop()
    await build.stop()
  }
}

export const profiles: Benchmark<Scale> = {
  name: 'profiles',
  title: 'Where the time goes',
  about: `CPU profiles, with a sample every 0.2 ms, while messages of 64 KiB go one way: through the hop (page and
SharedWorker), over WebRTC to another browser and from it (page, SharedWorker and pump of one of them), and
through the Node build to a peer over TCP. Each table lists the functions that took most time themselves.
*(idle)* is waiting, and *(program)* is the platform's own work. Profiling slows down the code: compare the
shares, not the totals.`,
  async run(scale) {
    return {
      goals: [],
      tables: [...(await profileHop(scale)), ...(await profileWebRtc(scale)), ...(await profileNode(scale))],
      plots: [],
    }
  },
}
