import { createBorrowedRtc } from '../../../../src/rtc/index.ts'
import type { FromWorker } from './page.ts'
import { runCompliance } from './run.ts'

const borrowed = createBorrowedRtc()
// Must run before the transport is loaded, which looks for the classes then.
borrowed.install(globalThis)

globalThis.addEventListener('connect', (event) => {
  const [port] = (event as MessageEvent).ports
  const post = (message: FromWorker): void => port?.postMessage(message)
  port?.addEventListener('message', ({ data }: MessageEvent<{ relays: string[]; lent: MessagePort }>) => {
    borrowed.onlenderschange = () => {
      borrowed.onlenderschange = null
      runCompliance(data.relays, post).then(
        () => post('over'),
        (error: unknown) => post({ error: String((error as Error).stack ?? error) }),
      )
    }
    borrowed.addLender(data.lent)
  })
  port?.start()
})
