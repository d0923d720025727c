import { LOCAL_MODE, startNodeBuild } from '../test/support/node-build.ts'
import { until } from '../test/support/until.ts'
import type { Client } from '../src/client/index.ts'
import type { Benchmark, Report } from './harness/report.ts'
import { figure, spreadText } from './harness/report.ts'
import type { Scale } from './harness/scale.ts'
import { part } from './harness/scale.ts'
import { median, spread } from './harness/statistics.ts'
import { connectClient } from './node/client.ts'
import { DhtNetwork } from './node/dht-network.ts'
import { startFarEnd } from './node/far-end.ts'
import { connectedPeersAt, connectionsAt } from './node/status.ts'
import { steady } from './node/steady.ts'
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
/** How many peers are looked up in each network. */
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
      pipes.push(
        new ServedPipe(await dialWith(client, { peer: far.firstLine.peer, addrs: far.firstLine.tcp })),
      )
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

/**
 * The milliseconds of each Connect by a bare ID, to peers that the Node build has not met; failed ones are
 * left out.
 */
async function connectById(client: Client, sought: readonly string[]): Promise<number[]> {
  const times: number[] = []
  for (const peer of sought) {
    const start = performance.now()
    try {
      // Any peer can be asked for ping, which all of them serve.
      const connection = await client.dial(peer, '/ipfs/ping/1.0.0', { frames: false })
      times.push(performance.now() - start)
      connection.close()
    } catch (error) {
      process.stderr.write(`${String(error)}\n`)
    }
  }
  return times
}

/** What a Node build that has just joined a network of so many peers found in it. */
interface Search {
  peers: number
  /** How many peers it was connected to before the first lookup. */
  met: number
  sought: number
  times: number[]
}

/** The latest peers that it has not met are looked up first; in a small network it has met all of them. */
async function search(addresses: readonly string[]): Promise<Search> {
  const [entry = '', ...others] = addresses
  const node = await startNodeBuild([...LOCAL_MODE, '-peer', entry])
  const client = await connectClient(node.origin)
  await until('the Node build to be in the network', async () => (await connectionsAt(node.origin)) > 0)
  await steady('the connections of the Node build', () => connectionsAt(node.origin))
  const met = new Set(await connectedPeersAt(node.origin))
  const ids = others.map((address) => address.slice(address.lastIndexOf('/') + 1)).reverse()
  const sought = [...ids.filter((id) => !met.has(id)), ...ids.filter((id) => met.has(id))].slice(0, SOUGHT)
  const times = await connectById(client, sought)
  client.close()
  await node.stop()
  return { peers: addresses.length, met: met.size, sought: sought.length, times }
}

/**
 * One network for all sizes: a Node build that has left it stays in its routing tables, as in any network.
 */
async function measurePeers(scale: Scale): Promise<Report> {
  const counts = PEERS[scale.name]
  const network = await DhtNetwork.start(Math.max(...counts))
  const lines: Search[] = []
  for (const peers of counts) {
    await network.growTo(peers)
    lines.push(await search(network.addresses))
  }
  await network.stop()
  return {
    goals: [],
    tables: [
      {
        caption: 'Connect by a bare ID, by the number of peers in the DHT, milliseconds',
        columns: ['peers', 'connected before', 'found', 'until the connection'],
        rows: lines.map(({ peers, met, sought, times }) => [
          String(peers),
          String(met),
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
  about: `*Streams*: one client of the Node build opens more and more streams to a js-libp2p peer in another process,
all over one TCP connection. Each stays open while the next ones are opened. *Peers*: js-libp2p peers in four
processes serve one DHT. The network grows: each new peer dials three others at random, and the five whose IDs
are closest to its own. Everything else is up to kad-dht: its first lookups, and routing tables of the usual
sizes. At each size, once no routing table changes any more, a Node build with a new identity joins through
the first peer. Once its connections don't change any more, it connects to ten other peers by ID alone, first
to those that it isn't connected to. kad-dht connects to all peers in an answer. So the Node build has already
met all peers of a small network, and many of a larger one after its first query. A Connect to such a peer is
no more than a stream.`,
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
