import { lendWebRTC } from '../../../../src/rtc/index.ts'
import type { CaseResult } from './run.ts'
import { runCompliance } from './run.ts'

/** What the worker reports: the end of a case, the end of the run, or what prevented the run. */
export type FromWorker = CaseResult | 'over' | { error: string }

/** What the test calls in the page, and reads. */
export const compliance = {
  results: [] as CaseResult[],
  isOver: false,

  /** Starts over the browser's own classes. */
  beginHere(relays: string[]): void {
    void runCompliance(relays, (result) => compliance.results.push(result)).then(() => {
      compliance.isOver = true
    })
  },

  /** Starts over borrowed ones, in a SharedWorker to which this page lends. */
  beginInWorker(relays: string[]): void {
    const { port1, port2 } = new MessageChannel()
    lendWebRTC(port1, { pump: '/rtc-pump.js' })
    const worker = new SharedWorker('/worker.js')
    worker.onerror = ({ message }) =>
      compliance.results.push({ title: 'the worker', result: message, retries: [] })
    worker.port.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data === 'over') compliance.isOver = true
      else if ('error' in data)
        compliance.results.push({ title: 'the worker', result: data.error, retries: [] })
      else compliance.results.push(data)
    }
    worker.port.postMessage({ relays, lent: port2 }, [port2])
  },
}
