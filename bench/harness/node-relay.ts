import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { until } from '../../test/support/until.ts'

/** What a process of the built command uses. */
export interface Usage {
  /** All of its memory that is in RAM. */
  residentBytes: number
  /** The part that JavaScript's objects use, and the buffers outside the heap. */
  heapBytes: number
  externalBytes: number
  /** Seconds of processor time since it started. */
  cpuSeconds: number
  /** Reservations that other peers hold on it. */
  reservations: number
}

/** The built command as a relay, on loopback, with an inspector. */
export interface MeasuredRelay {
  /** The address that browsers dial. */
  address: string
  /** After a garbage collection, unless the test says not to run one. */
  usage(collect?: boolean): Promise<Usage>
  close(): Promise<void>
}

const FLAGS = [
  '-port=0',
  '-start',
  '-relay',
  '-nopeers',
  '-metrics',
  '-listen=/ip4/127.0.0.1/tcp/0',
  '-listen=/ip4/127.0.0.1/tcp/0/ws',
]

/** Starts `dist/node/main.js` with a configuration directory of its own and these additional flags. */
export async function startMeasuredRelay(...flags: string[]): Promise<MeasuredRelay> {
  const home = await mkdtemp(join(tmpdir(), 'bench-relay-'))
  const child = spawn(process.execPath, ['--inspect=127.0.0.1:0', 'dist/node/main.js', ...FLAGS, ...flags], {
    env: { ...process.env, XDG_CONFIG_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = collectText(child)
  const find = async (what: string, pattern: RegExp): Promise<string> =>
    until(what, () => {
      if (child.exitCode !== null) throw new Error(`the relay ended: ${output.text}`)
      return pattern.exec(output.text)?.[1]
    })
  const origin = await find('the first line', /^Listening on (http:\/\/[^/]+)\/$/m)
  const inspector = new WebSocket(await find('the inspector', /^Debugger listening on (ws:\S+)$/m))
  await once(inspector, 'open')
  const { relays } = (await (await fetch(`${origin}/network.json`)).json()) as { relays: string[] }
  const [address = ''] = relays

  async function collectGarbage(): Promise<void> {
    inspector.send(JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' }))
    await once(inspector, 'message')
  }

  return {
    address,
    async usage(collect = true) {
      if (collect) await collectGarbage()
      const text = await (await fetch(`${origin}/metrics`)).text()
      const metric = (name: string): number => {
        const [, value] = new RegExp(`^${name} (\\S+)$`, 'm').exec(text) ?? []
        if (value === undefined) throw new Error(`there is no metric ${name}`)
        return Number(value)
      }
      return {
        residentBytes: metric('process_resident_memory_bytes'),
        heapBytes: metric('nodejs_heap_size_used_bytes'),
        externalBytes: metric('nodejs_external_memory_bytes'),
        cpuSeconds: metric('process_cpu_seconds_total'),
        reservations: metric('libp2p_websocket_relay_reservations'),
      }
    },
    async close() {
      inspector.terminate()
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
      await rm(home, { recursive: true, force: true })
    },
  }
}

function collectText(child: ChildProcess): { text: string } {
  const output = { text: '' }
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output.text += chunk.toString()
    })
  }
  return output
}
