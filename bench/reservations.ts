import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { bundleCommand } from '../test/node/support/command-process.ts'
import { until } from '../test/support/until.ts'
import type { MeasuredRelay, Usage } from './harness/node-relay.ts'
import { startMeasuredRelay } from './harness/node-relay.ts'
import type { Benchmark } from './harness/report.ts'
import { figure } from './harness/report.ts'
import type { Scale } from './harness/scale.ts'
import { part } from './harness/scale.ts'
import type { MorePeers, PeersHeld } from './peers/reservation-clients.ts'

/** The number of reservations at once, and of steps at which the circuit relay is measured. */
const RESERVATIONS = 1_000
const STEPS = 4
/** The number of processes that share the peers: one would be the bottleneck. */
const PROCESSES = 4
/** The milliseconds in which only pings and renewals happen; every peer is pinged every ten seconds. */
const IDLE_MS = 20_000
const TRIAL_IDLE_MS = 500
const STEP_TIMEOUT_MS = 120_000

/** A measurement of the circuit relay. */
interface Look extends Usage {
  /** The seconds since the previous step, in which its reservations were made. */
  seconds: number
}

async function startClients(path: string): Promise<ChildProcess[]> {
  return Array.from({ length: PROCESSES }, () =>
    spawn(process.execPath, [path], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
  )
}

/** Makes the processes hold `count` more reservations, shared among them. */
async function reserveMore(clients: readonly ChildProcess[], relay: string, count: number): Promise<void> {
  await Promise.all(
    clients.map(async (client, index) => {
      const share = Math.floor(count / PROCESSES) + (index < count % PROCESSES ? 1 : 0)
      const answered = once(client, 'message', { signal: AbortSignal.timeout(STEP_TIMEOUT_MS) })
      client.send({ relay, count: share } satisfies MorePeers)
      const [answer] = (await answered) as [PeersHeld]
      if (answer.held === 0 && share > 0) throw new Error('no reservation is held')
    }),
  )
}

async function climb(relay: MeasuredRelay, clients: readonly ChildProcess[], total: number): Promise<Look[]> {
  const looks: Look[] = [{ ...(await relay.usage()), seconds: 0 }]
  for (let step = 1; step <= STEPS; step += 1) {
    const startedMs = performance.now()
    const before = looks.at(-1)?.reservations ?? 0
    await reserveMore(clients, relay.address, Math.round((total * step) / STEPS) - before)
    const seconds = (performance.now() - startedMs) / 1000
    looks.push({ ...(await relay.usage()), seconds })
  }
  return looks
}

const mebibytes = (bytes: number): string => figure(bytes / 2 ** 20)

export const reservations: Benchmark<Scale> = {
  name: 'reservations',
  title: 'A circuit relay for a thousand browsers',
  about: `One process runs the built command with \`-relay\`. Peers in ${PROCESSES} other processes hold one reservation
each, over WebSocket with noise and yamux, as browsers do. Measured are the memory of the process after a
garbage collection, and the cost of keeping the reservations for ${IDLE_MS / 1000} seconds in which only pings
are sent. Then all peers are killed, and their reservations must become free. The peers share the two
processors with the circuit relay, so the times include theirs.`,
  async run(scale) {
    const total = part(scale, RESERVATIONS, 20)
    const bundle = await bundleCommand('bench/peers/reservation-clients.ts')
    const relay = await startMeasuredRelay(`-relayreservations=${total}`, '-relayperaddress=0')
    const clients = await startClients(bundle.path)
    try {
      const looks = await climb(relay, clients, total)
      const [empty] = looks
      const full = looks.at(-1)
      if (empty === undefined || full === undefined) throw new Error('nothing was measured')

      const idleMs = scale.name === 'trial' ? TRIAL_IDLE_MS : IDLE_MS
      const before = await relay.usage(false)
      await delay(idleMs)
      const after = await relay.usage(false)
      const idle = ((after.cpuSeconds - before.cpuSeconds) * 1000) / idleMs

      const killedMs = performance.now()
      for (const client of clients) client.kill('SIGKILL')
      await until(
        'all reservations to be free',
        async () => (await relay.usage(false)).reservations === 0,
        STEP_TIMEOUT_MS,
      )
      const freedSeconds = (performance.now() - killedMs) / 1000
      const left = await relay.usage()

      const kib = (read: (usage: Usage) => number): string =>
        figure((read(full) - read(empty)) / full.reservations / 1024)
      return {
        tables: [
          {
            caption: 'Memory of the circuit relay, MiB',
            columns: ['Reservations', 'resident', 'heap', 'outside the heap', 'seconds to get there'],
            rows: [
              ...looks.map((look) => [
                figure(look.reservations),
                mebibytes(look.residentBytes),
                mebibytes(look.heapBytes),
                mebibytes(look.externalBytes),
                look.seconds === 0 ? '' : figure(look.seconds),
              ]),
              [
                '0, all peers gone',
                mebibytes(left.residentBytes),
                mebibytes(left.heapBytes),
                mebibytes(left.externalBytes),
                figure(freedSeconds),
              ],
            ],
          },
          {
            caption: 'What one reservation costs',
            columns: ['', ''],
            rows: [
              ['Resident memory', `${kib((usage) => usage.residentBytes)} KiB`],
              ['Heap', `${kib((usage) => usage.heapBytes)} KiB`],
              ['Outside the heap', `${kib((usage) => usage.externalBytes)} KiB`],
              [
                'Processor to make it',
                `${figure(((full.cpuSeconds - empty.cpuSeconds) * 1000) / full.reservations)} ms`,
              ],
              [`Processor to keep ${figure(full.reservations)}`, `${figure(idle * 100)} % of one`],
            ],
          },
        ],
        plots: [],
        goals: [
          {
            what: `${figure(total)} reservations at once`,
            wanted: `at least ${figure(total)}`,
            got: figure(full.reservations),
            reached: full.reservations >= total,
          },
        ],
      }
    } finally {
      for (const client of clients) client.kill('SIGKILL')
      await relay.close()
      await bundle.remove()
    }
  },
}
