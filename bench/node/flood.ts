import { setTimeout as delay } from 'node:timers/promises'
import type { Compared, Report } from '../harness/report.ts'
import { comparison, ratioGoal } from '../harness/report.ts'
import type { Scale } from '../harness/scale.ts'
import { part } from '../harness/scale.ts'
import { quantile } from '../harness/statistics.ts'
import { takeTurns } from '../harness/turns.ts'
import { dialWith, listenWith } from '../page/client-pipe.ts'
import { serve } from '../page/service.ts'
import { ServedPipe } from '../page/workload.ts'
import { connectClient } from './client.ts'
import { startChild } from './far-end.ts'

const BESIDE = 'beside a flood'
const ALONE = 'alone'
/**
 * How long the flood runs before the measurement, in milliseconds, so that the start of the flooding process,
 * its cold code and the bundling in this one are not part of it.
 */
const WARM_UP_MS = 500

/** The 99th percentile of a client's round trips, alone and beside a client that floods. */
export async function measureFlood(origin: string, scale: Scale): Promise<Report> {
  const [one, two] = await Promise.all([connectClient(origin), connectClient(origin)])
  await listenWith(two, serve)
  const pipe = new ServedPipe(await dialWith(one, { peer: two.peer, addrs: [] }))
  const trips = part(scale, 30_000, 20)
  const p99 = async (): Promise<number> => quantile(await pipe.roundTrips(64, 1, trips), 0.99)
  const samples = await takeTurns(
    [
      {
        name: BESIDE,
        async measure() {
          const flooder = await startChild('bench/node/flooder.ts', [origin])
          try {
            await delay(WARM_UP_MS)
            return await p99()
          } finally {
            await flooder.stop()
          }
        },
      },
      { name: ALONE, measure: p99 },
    ],
    scale.rounds,
  )
  one.close()
  two.close()
  const line: Compared = { label: 'round trip, 99th percentile', samples }
  return {
    goals: [ratioGoal('round trip at the 99th percentile', line, [BESIDE, ALONE], 'at most', 3)],
    tables: [comparison('A client beside one that floods the build', 'milliseconds', [line])],
    plots: [],
  }
}
