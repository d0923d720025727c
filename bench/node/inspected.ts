import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { WebSocket } from 'ws'
import type { CpuProfile } from '../harness/profile.ts'
import { SAMPLE_MICROSECONDS } from '../harness/profile.ts'
import { until } from '../../test/support/until.ts'
import type { NodeBuild } from '../../test/support/node-build.ts'
import { LOCAL_MODE, startNodeBuild } from '../../test/support/node-build.ts'

/** What a process holds after a garbage collection, in bytes. */
export interface Memory {
  /** Private memory in RAM. */
  resident: number
  /** JavaScript objects and the buffers outside the heap. */
  heap: number
}

/** The Node build with an inspector, through which its garbage is collected and its memory read. */
export class InspectedBuild {
  readonly node: NodeBuild
  readonly #socket: WebSocket
  #number = 0

  private constructor(node: NodeBuild, socket: WebSocket) {
    this.node = node
    this.#socket = socket
  }

  static async start(): Promise<InspectedBuild> {
    const node = await startNodeBuild(LOCAL_MODE, undefined, { NODE_OPTIONS: '--inspect=127.0.0.1:0' })
    const url = await until('the address of the inspector', () =>
      node.stderr.flatMap((line) => /ws:\/\/\S+/u.exec(line)?.[0] ?? []).at(0),
    )
    const socket = new WebSocket(url)
    await once(socket, 'open')
    return new InspectedBuild(node, socket)
  }

  async memory(): Promise<Memory> {
    await this.#call('HeapProfiler.collectGarbage')
    await this.#call('HeapProfiler.collectGarbage')
    const expression = 'JSON.stringify(process.memoryUsage())'
    const { result } = (await this.#call('Runtime.evaluate', { expression })) as { result: { value: string } }
    const usage = JSON.parse(result.value) as NodeJS.MemoryUsage
    return { resident: usage.rss, heap: usage.heapUsed + usage.external }
  }

  /** What the process does during `work`. */
  async profile(work: () => Promise<void>): Promise<CpuProfile> {
    await this.#call('Profiler.enable')
    await this.#call('Profiler.setSamplingInterval', { interval: SAMPLE_MICROSECONDS })
    await this.#call('Profiler.start')
    await work()
    const { profile } = (await this.#call('Profiler.stop')) as { profile: CpuProfile }
    return profile
  }

  /** The processor time that the process has used, in seconds. */
  get cpuSeconds(): number {
    return cpuSecondsOf(this.node.process.pid ?? 0)
  }

  async stop(): Promise<void> {
    this.#socket.close()
    await this.node.stop()
  }

  async #call(method: string, params: object = {}): Promise<unknown> {
    this.#number += 1
    const id = this.#number
    const answered = new Promise((resolve, reject) => {
      const listen = (data: Buffer): void => {
        const message = JSON.parse(data.toString()) as {
          id?: number
          result?: unknown
          error?: { message: string }
        }
        if (message.id !== id) return
        this.#socket.off('message', listen)
        if (message.error === undefined) resolve(message.result)
        else reject(new Error(message.error.message))
      }
      this.#socket.on('message', listen)
    })
    this.#socket.send(JSON.stringify({ id, method, params }))
    return answered
  }
}

/** Linux counts it in hundredths of a second. */
const TICKS_PER_SECOND = 100

/** The user and system time of a process with all its threads. */
export function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}
