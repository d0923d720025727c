import { lendWebRTC } from '../../src/rtc/index.ts'
import type { Bench } from './bench-page.ts'
import { MainThreadWatch } from './main-thread.ts'
import type { Address } from './pipe.ts'
import type { Transfer } from './workload.ts'

/** What the page asks of `lent-worker.ts`; one request at a time. */
export type BenchCall =
  | { type: 'lend' | 'start' | 'serve' }
  | { type: 'dial'; address: Address; pipes: number | undefined }
  | { type: 'roundTrips'; bytes: number; perBatch: number; batches: number }
  | { type: 'throughput'; transfer: Transfer }

export type BenchResult = { result: unknown } | { error: string }

const { port } = new SharedWorker('/lent-worker.js')

async function ask(call: BenchCall, transfer: Transferable[] = []): Promise<unknown> {
  return await new Promise((resolve, reject) => {
    port.onmessage = ({ data }: MessageEvent<BenchResult>) => {
      if ('error' in data) reject(new Error(data.error))
      else resolve(data.result)
    }
    port.postMessage(call, transfer)
  })
}

/**
 * The same js-libp2p as in `libp2p.ts`, in a SharedWorker; this page lends it WebRTC and does nothing else.
 */
const lent: Bench = {
  started: undefined,
  async start() {
    const { port1, port2 } = new MessageChannel()
    lendWebRTC(port1, { pump: '/rtc-pump.js' })
    await ask({ type: 'lend' }, [port2])
    return (await ask({ type: 'start' })) as Address
  },
  async serve() {
    await ask({ type: 'serve' })
  },
  async dial(address, pipes) {
    return (await ask({ type: 'dial', address, pipes })) as number[]
  },
  async roundTrips(bytes, perBatch, batches) {
    return (await ask({ type: 'roundTrips', bytes, perBatch, batches })) as number[]
  },
  async throughput(transfer) {
    return (await ask({ type: 'throughput', transfer })) as number
  },
  async watched(transfer) {
    const watch = new MainThreadWatch()
    await lent.throughput(transfer)
    return watch.stop()
  },
}

globalThis.bench = lent
