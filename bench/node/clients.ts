import type { Client } from '../../src/client/index.ts'
import type { Report } from '../harness/report.ts'
import { figure } from '../harness/report.ts'
import type { Scale } from '../harness/scale.ts'
import { part } from '../harness/scale.ts'
import { median, quantile } from '../harness/statistics.ts'
import { dialWith, listenWith } from '../page/client-pipe.ts'
import { serve } from '../page/service.ts'
import { ServedPipe } from '../page/workload.ts'
import { connectClient } from './client.ts'
import type { InspectedBuild, Memory } from './inspected.ts'

const COUNTS = [10, 100, 1000]
/** How many bytes of the Node build an idle client may use. */
const MAX_CLIENT_BYTES = 40_000

interface Wired {
  client: Client
  pipe: ServedPipe
}

/**
 * A client with a listener, and a connection to the listener of the previous client; the first one connects
 * to itself.
 */
async function wire(origin: string, number: number): Promise<Wired> {
  const client = await connectClient(origin)
  await listenWith(client, serve, `/x/bench/client/${number}`)
  const target = `/x/bench/client/${Math.max(0, number - 1)}`
  const pipe = await dialWith(client, { peer: client.peer, addrs: [] }, target)
  return { client, pipe: new ServedPipe(pipe) }
}

interface Line {
  clients: number
  memory: Memory
  tripsPerSecond: number
  medianMs: number
  p99Ms: number
}

/** Measures the memory per client, and the round trips of all clients at once, as their number grows. */
export async function measureClients(build: InspectedBuild, scale: Scale): Promise<Report> {
  const { origin } = build.node
  const counts = scale.name === 'trial' ? [2, 4] : COUNTS
  // What is created once for all clients is not counted as a client's.
  const wired = [await wire(origin, 0)]
  const none = await build.memory()
  const lines: Line[] = []
  for (const count of counts) {
    while (wired.length < count + 1) wired.push(await wire(origin, wired.length))
    const memory = await build.memory()
    const batches = Math.max(2, Math.round(part(scale, 40_000, 8) / count))
    const start = performance.now()
    const times = await Promise.all(wired.map(({ pipe }) => pipe.roundTrips(64, 1, batches)))
    const seconds = (performance.now() - start) / 1000
    lines.push({
      clients: count,
      memory: {
        resident: (memory.resident - none.resident) / count,
        heap: (memory.heap - none.heap) / count,
      },
      tripsPerSecond: (wired.length * batches) / seconds,
      medianMs: median(times.flat()),
      p99Ms: quantile(times.flat(), 0.99),
    })
  }
  for (const { client } of wired) client.close()
  const last = lines.at(-1)
  return {
    goals: [
      {
        what: 'Node build, memory per idle client (heap and buffers)',
        wanted: 'at most 40 kB',
        got: `${figure((last?.memory.heap ?? NaN) / 1000)} kB`,
        reached: (last?.memory.heap ?? NaN) <= MAX_CLIENT_BYTES,
      },
    ],
    tables: [
      {
        caption: 'Clients',
        columns: [
          'clients',
          'resident, kB each',
          'heap and buffers, kB each',
          'round trips/s',
          'median, ms',
          '99th percentile, ms',
        ],
        rows: lines.map(({ clients, memory, tripsPerSecond, medianMs, p99Ms }) => [
          String(clients),
          figure(memory.resident / 1000),
          figure(memory.heap / 1000),
          figure(tripsPerSecond),
          figure(medianMs),
          figure(p99Ms),
        ]),
      },
    ],
    plots: [
      {
        name: 'node-build-clients',
        title: 'Round trips of 64 bytes, all clients at once',
        x: 'clients',
        y: 'round trips per second',
        series: [
          {
            name: 'round trips/s',
            points: lines.map(({ clients, tripsPerSecond }) => [clients, tripsPerSecond]),
          },
        ],
      },
    ],
  }
}
