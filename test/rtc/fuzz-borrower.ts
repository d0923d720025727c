import fc from 'fast-check'
import { NEW_CONNECTION } from '../../src/rtc/standard/connection-state.ts'
import { createBorrowedRtc } from '../../src/rtc/index.ts'
import { until } from '../support/until.ts'
import { fromLender, fromPump, post } from './message-arbitraries.ts'

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' }

/**
 * A tab that posts anything, in any order, on the lending port and on the ports of channels. Nothing may
 * throw, every wait of the borrower must end, and so must its connection and channels once the tab has gone.
 * `undisturbed` is called after each run, and rejects if anything was thrown or another connection was
 * harmed.
 */
export async function fuzzBorrower(undisturbed: () => Promise<void>, numRuns: number): Promise<void> {
  const tab = fc.array(fromLender, { maxLength: 30 })
  const pump = fc.array(fromPump, { maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(tab, pump, fc.boolean(), async (said, pumped, isCreated) => {
      const { port1, port2 } = new MessageChannel()
      const borrowed = createBorrowedRtc()
      borrowed.addLender(port1)
      port2.addEventListener('message', ({ data }: MessageEvent<{ type: string; port: MessagePort }>) => {
        if (data.type === 'channel') for (const message of pumped) post(data.port, message)
      })
      port2.start()
      port2.postMessage({ type: 'lend', version: 1 })
      await until('the tab', () => borrowed.lenderCount === 1)
      const pc = new borrowed.RTCPeerConnection()
      const channel = pc.createDataChannel('x')
      const waiting = [
        pc.createOffer(),
        pc.setLocalDescription(),
        pc.getStats(),
        borrowed.RTCPeerConnection.generateCertificate(ECDSA),
      ]
      const ended = Promise.allSettled(waiting)
      if (isCreated) port2.postMessage({ type: 'created', pc: 0, state: NEW_CONNECTION })
      for (const message of said) {
        const other = post(port2, message)
        if (other !== undefined) for (const more of pumped) post(other, more)
      }
      // This is the last message, unless an earlier one was of the same type. Everything has then been read
      // too.
      port2.postMessage({ type: 'stopped', reason: 'that is all' })
      await until('the end of the lending', () => borrowed.lenderCount === 0)
      await ended
      await until('the connection to be closed', () => pc.connectionState === 'closed')
      await until('the channel to be closed', () => channel.readyState === 'closed')
      port2.close()
      await undisturbed()
    }),
    // A failure is an endless wait. Shrinking it would add one for each smaller input.
    { numRuns, endOnFailure: true },
  )
}
