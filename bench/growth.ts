import { LOCAL_MODE, startNodeBuild } from '../test/support/node-build.ts'
import { until } from '../test/support/until.ts'
import type { Client } from '../src/client/index.ts'
import type { Benchmark, Report } from './harness/report.ts'
import { figure, spreadText } from './harness/report.ts'
import type { Scale } from './harness/scale.ts'
import { part } from './harness/scale.ts'
import { median, spread } from './harness/statistics.ts'
import { connectClient } from './node/client.ts'
import type { DhtNetwork } from './node/dht-network.ts'
import { startChild, startFarEnd } from './node/far-end.ts'
import { connectionsAt } from './node/status.ts'
import { dialWith } from './page/client-pipe.ts'
import { ServedPipe } from './page/workload.ts'

const STREAMS: Readonly<Record<Scale['name'], readonly number[]>> = {
  trial: [1, 4],
  quick: [1, 10, 100, 1000],
  full: [1, 10, 100, 300, 1000],
}
const PEERS: Readonly<Record<Scale['name'], readonly number[]>> = {
  trial: [3],
  quick: [2, 10, 30],
  full: [2, 10, 30, 100, 200, 500],
}
const TOTAL_BYTES = 64_000_000
const MESSAGE_BYTES = 16_384
/** Peers that are sought in each network. */
const SOUGHT = 10

async function measureStreams(scale: Scale): Promise<Report> {
  const node = await startNodeBuild()
  const far = await startFarEnd()
  const client = await connectClient(node.origin)
  const lines: { streams: number; openMs: number; tripMs: number; rate: number }[] = []
  const pipes: ServedPipe[] = []
  for (const streams of STREAMS[scale.name]) {
    const opened: number[] = []
    while (pipes.length < streams) {
      const start = performance.now()
      pipes.push(new ServedPipe(await dialWith(client, { peer: far.said.peer, addrs: far.said.tcp })))
      opened.push(performance.now() - start)
    }
    const trips = (await pipes[0]?.roundTrips(64, part(scale, 100, 2), 10)) ?? []
    const totalBytes = part(scale, TOTAL_BYTES, MESSAGE_BYTES * streams)
    const start = performance.now()
    await Promise.all(
      pipes.map((pipe) =>
        pipe.transfer({
          direction: 'up',
          messageBytes: MESSAGE_BYTES,
          totalBytes: Math.ceil(totalBytes / streams),
        }),
      ),
    )
    const rate = totalBytes / (performance.now() - start) / 1000
    lines.push({ streams, openMs: median(opened), tripMs: median(trips), rate })
  }
  client.close()
  await far.stop()
  await node.stop()
  return {
    goals: [],
    tables: [
      {
        caption: 'Streams of one client over one connection to a peer',
        columns: [
          'streams',
          'opening the next one, ms',
          'round trip beside them, ms',
          'all sending at once, MB/s',
        ],
        rows: lines.map(({ streams, openMs, tripMs, rate }) => [
          String(streams),
          figure(openMs),
          figure(tripMs),
          figure(rate),
        ]),
      },
    ],
    plots: [
      {
        name: 'growth-streams',
        title: 'All streams of one connection sending at once',
        x: 'streams',
        y: 'MB/s',
        series: [{ name: 'together', points: lines.map(({ streams, rate }) => [streams, rate]) }],
      },
    ],
  }
}

/** Milliseconds of each Connect by a bare ID, of peers that the Node build has not met; those that were not found are left out. */
async function connectById(client: Client, sought: readonly string[]): Promise<number[]> {
  const times: number[] = []
  for (const peer of sought) {
    const start = performance.now()
    try {
      // All serve ping: it is there to be opened.
      const connection = await client.dial(peer, '/ipfs/ping/1.0.0', { frames: false })
      times.push(performance.now() - start)
      connection.close()
    } catch (error) {
      process.stderr.write(`${String(error)}\n`)
    }
  }
  return times
}

async function measurePeers(scale: Scale): Promise<Report> {
  const lines: { peers: number; sought: number; times: number[] }[] = []
  for (const peers of PEERS[scale.name]) {
    const network = await startChild<DhtNetwork>('bench/node/dht-network.ts', [String(peers)])
    const node = await startNodeBuild([...LOCAL_MODE, '-peer', network.said.entry])
    const client = await connectClient(node.origin)
    await until('the Node build to be in the network', async () => (await connectionsAt(node.origin)) > 0)
    const sought = network.said.peers.slice(1).reverse().slice(0, SOUGHT)
    lines.push({ peers, sought: sought.length, times: await connectById(client, sought) })
    client.close()
    await node.stop()
    await network.stop()
  }
  return {
    goals: [],
    tables: [
      {
        caption: 'Connect by a bare ID, in a DHT of so many peers, milliseconds',
        columns: ['peers', 'found', 'until the connection'],
        rows: lines.map(({ peers, sought, times }) => [
          String(peers),
          `${times.length} of ${sought}`,
          spreadText(spread(times)),
        ]),
      },
    ],
    plots: [
      {
        name: 'growth-peers',
        title: 'Connect by a bare ID',
        x: 'peers in the network',
        y: 'milliseconds',
        series: [{ name: 'median', points: lines.map(({ peers, times }) => [peers, median(times)]) }],
      },
    ],
  }
}

export const growth: Benchmark<Scale> = {
  name: 'growth',
  title: 'Growth',
  about: `*Streams*: one client of the Node build opens more and more streams to a js-libp2p peer in another process, all of them over one TCP connection;
each stands while the next ones come. *Peers*: a network of js-libp2p peers in one process that serve a DHT; the Node build enters it
through one of them and connects to ten others, which it has not met, by their ID alone.`,
  async run(scale) {
    const streams = await measureStreams(scale)
    const peers = await measurePeers(scale)
    return {
      goals: [],
      tables: [...streams.tables, ...peers.tables],
      plots: [...streams.plots, ...peers.plots],
    }
  },
}
