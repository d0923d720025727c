import { once } from 'node:events'
import { connect } from 'node:net'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import type { Compared, Report } from '../harness/report.ts'
import { comparison, ratioGoal } from '../harness/report.ts'
import type { Scale } from '../harness/scale.ts'
import { part } from '../harness/scale.ts'
import { takeTurns } from '../harness/turns.ts'
import { dialWith } from '../page/client-pipe.ts'
import { BENCH_PROTOCOL } from '../page/pipe.ts'
import { createPlainPeer } from '../page/plain-peer.ts'
import { streamPipe } from '../page/stream-pipe.ts'
import type { Direction } from '../page/workload.ts'
import { ServedPipe } from '../page/workload.ts'
import { connectClient } from './client.ts'
import { startFarEnd } from './far-end.ts'
import type { InspectedBuild } from './inspected.ts'
import { cpuSecondsOf } from './inspected.ts'
import { socketPipe } from './socket-pipe.ts'

const OURS = 'through the Node build'
const LIBP2P = 'js-libp2p'
const NET = 'net socket'
const TOTAL_BYTES = 1_000_000_000
const MESSAGE_BYTES = 65_536
/**
 * Bytes that are sent first: a process reaches its full speed only once its heap has grown and its code is
 * compiled.
 */
const WARM_UP_BYTES = 2_000_000_000

interface Sample {
  /** In MB/s. */
  rate: number
  /** In MB for each second of processor time. */
  perCpuSecond: number
}

/**
 * A stream to another process over TCP: through the relay, with js-libp2p itself, and with the system's
 * sockets.
 */
export async function measureStreams(build: InspectedBuild, scale: Scale): Promise<Report> {
  const far = await startFarEnd()
  const client = await connectClient(build.node.origin)
  const libp2p = await createPlainPeer([tcp()], [])
  try {
    const { firstLine } = far
    const addrs = firstLine.tcp
    const targets = addrs.map((one) => multiaddr(one))
    const net = connect({ port: firstLine.port, host: '127.0.0.1', noDelay: true })
    await once(net, 'connect')
    const contestants = [
      {
        name: OURS,
        pid: build.node.process.pid ?? 0,
        pipe: await dialWith(client, { peer: firstLine.peer, addrs }),
      },
      {
        name: LIBP2P,
        pid: process.pid,
        pipe: streamPipe(await libp2p.dialProtocol(targets, BENCH_PROTOCOL)),
      },
      { name: NET, pid: process.pid, pipe: socketPipe(net) },
    ].map(({ name, pid, pipe }) => ({ name, pid, pipe: new ServedPipe(pipe) }))
    const rates: Compared[] = []
    const perCpuSecond: Compared[] = []
    for (const { pipe } of contestants) {
      const totalBytes = part(scale, WARM_UP_BYTES, MESSAGE_BYTES)
      for (const direction of ['up', 'down'] as const) {
        await pipe.transfer({ direction, messageBytes: MESSAGE_BYTES, totalBytes })
      }
    }
    const totalBytes = part(scale, TOTAL_BYTES, MESSAGE_BYTES)
    for (const direction of ['up', 'down'] as const satisfies readonly Direction[]) {
      const samples = await takeTurns<Sample>(
        contestants.map(({ name, pid, pipe }) => ({
          name,
          async measure() {
            const before = cpuSecondsOf(pid)
            const ms = await pipe.transfer({ direction, messageBytes: MESSAGE_BYTES, totalBytes })
            // A trial is too short for a clock that ticks a hundred times a second.
            const seconds = Math.max(0.01, cpuSecondsOf(pid) - before)
            return { rate: totalBytes / ms / 1000, perCpuSecond: totalBytes / seconds / 1e6 }
          },
        })),
        scale.rounds,
      )
      const label = direction === 'up' ? 'sending' : 'receiving'
      const pick = (key: keyof Sample): Compared => ({
        label,
        samples: new Map([...samples].map(([name, all]) => [name, all.map((sample) => sample[key])])),
      })
      rates.push(pick('rate'))
      perCpuSecond.push(pick('perCpuSecond'))
    }
    return {
      goals: rates.map((line) =>
        ratioGoal(`Node build, stream throughput, ${line.label}`, line, [OURS, LIBP2P], 'at least', 0.8),
      ),
      tables: [
        comparison('A stream over TCP', 'MB/s', rates),
        comparison('A stream over TCP, per processor', 'MB per second of processor time', perCpuSecond),
      ],
      plots: [],
    }
  } finally {
    client.close()
    await libp2p.stop()
    await far.stop()
  }
}
