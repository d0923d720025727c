import type { Browser, CDPSession } from 'puppeteer-core'

/** The part of a CPU profile of the DevTools protocol that is read here. */
export interface CpuProfile {
  nodes: {
    id: number
    callFrame: { functionName: string; url: string; lineNumber: number }
    children?: number[]
  }[]
  samples?: number[]
  timeDeltas?: number[]
}

/** What one thread did. */
export interface ThreadProfile {
  /** `page`, `shared_worker`, or `worker` with its URL. */
  thread: string
  profile: CpuProfile
}

/** The time between two samples of a thread. */
export const SAMPLE_MICROSECONDS = 200

/** Profiles all pages and workers of a browser while `work` runs. */
export async function profiled(browser: Browser, work: () => Promise<void>): Promise<ThreadProfile[]> {
  const sessions: { thread: string; session: CDPSession }[] = []
  for (const target of browser.targets()) {
    const type = target.type() as string
    if (type !== 'page' && type !== 'shared_worker') continue
    sessions.push({
      thread: `${type} ${new URL(target.url()).pathname}`,
      session: await target.createCDPSession(),
    })
    const page = type === 'page' ? await target.page() : null
    for (const worker of page?.workers() ?? []) {
      sessions.push({ thread: `worker ${new URL(worker.url()).pathname}`, session: worker.client })
    }
  }
  for (const { session } of sessions) {
    await session.send('Profiler.enable')
    await session.send('Profiler.setSamplingInterval', { interval: SAMPLE_MICROSECONDS })
    await session.send('Profiler.start')
  }
  await work()
  const profiles: ThreadProfile[] = []
  for (const { thread, session } of sessions) {
    const { profile } = await session.send('Profiler.stop')
    profiles.push({ thread, profile })
  }
  return profiles
}

/** The milliseconds in each function itself, in descending order, and how long the thread was idle. */
export function selfTimes({
  nodes,
  samples = [],
  timeDeltas = [],
}: CpuProfile): [name: string, ms: number][] {
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]))
  const times = new Map<string, number>()
  for (const [index, id] of samples.entries()) {
    const frame = byId.get(id)
    if (frame === undefined) continue
    const name =
      frame.url === ''
        ? frame.functionName
        : `${frame.functionName || '(anonymous)'} ${frame.url.split('/').at(-1) ?? ''}:${frame.lineNumber + 1}`
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[index] ?? 0) / 1000)
  }
  return [...times].sort(([, a], [, b]) => b - a)
}
