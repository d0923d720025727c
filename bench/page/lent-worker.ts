import { borrowedRtc } from '../../src/worker/rtc-globals.ts'
import './libp2p.ts'
import type { BenchCall, BenchResult } from './lent.ts'

/** Resolves when the tab at the other end is able to lend. */
async function lend([port]: readonly MessagePort[]): Promise<void> {
  if (port === undefined) throw new Error('there is no port to lend on')
  const able = new Promise<void>((resolve) => {
    borrowedRtc.onlenderschange = resolve
  })
  borrowedRtc.addLender(port)
  await able
}

/** js-libp2p in a SharedWorker, over WebRTC that its page lends; the page calls `bench` here. */
async function answer(call: BenchCall, ports: readonly MessagePort[]): Promise<unknown> {
  switch (call.type) {
    case 'lend':
      return await lend(ports)
    case 'start':
      return await bench.start()
    case 'serve':
      return await bench.serve()
    case 'dial':
      return await bench.dial(call.address, call.pipes)
    case 'roundTrips':
      return await bench.roundTrips(call.bytes, call.perBatch, call.batches)
    case 'throughput':
      return await bench.throughput(call.transfer)
    default:
      return call satisfies never
  }
}

globalThis.addEventListener('connect', (event) => {
  const [port] = (event as MessageEvent).ports
  if (port === undefined) return
  port.addEventListener('message', ({ data, ports }: MessageEvent<BenchCall>) => {
    void answer(data, ports).then(
      (result) => port.postMessage({ result } satisfies BenchResult),
      (error: unknown) => port.postMessage({ error: String(error) } satisfies BenchResult),
    )
  })
  port.start()
})
