import { expect, test } from 'vitest'
import { NEW_CONNECTION } from '../../src/rtc/standard/connection-state.ts'
import { createBorrowedRtc } from '../../src/rtc/index.ts'
import type { FromLender } from '../../src/rtc/messages/messages.ts'
import { isToLender } from '../../src/rtc/messages/to-lender-guard.ts'
import { until } from '../support/until.ts'
import { fuzzBorrower } from './fuzz-borrower.ts'

/** Runs of the property; `FUZZ_RUNS` for a longer search. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 60)

test('whatever a tab posts, nothing throws, nothing waits forever, and no other tab is disturbed', async () => {
  // Another tab with its own port, which answers each offer.
  const borrowed = createBorrowedRtc()
  const { port1, port2 } = new MessageChannel()
  borrowed.addLender(port1)
  const say = (message: FromLender): void => port2.postMessage(message)
  port2.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (!isToLender(data)) return
    if (data.type === 'create') say({ type: 'created', pc: data.pc, state: NEW_CONNECTION })
    if (data.type !== 'call') return
    const { pc, call } = data
    const value = { type: 'description', description: { type: 'offer', sdp: 'v=0' } } as const
    say({ type: 'result', pc, call, outcome: { ok: true, value }, state: NEW_CONNECTION })
  })
  port2.start()
  say({ type: 'lend', version: 1 })
  await until('the good tab', () => borrowed.lenderCount === 1)
  const pc = new borrowed.RTCPeerConnection()

  const thrown: unknown[] = []
  const record = (error: unknown): void => void thrown.push(error)
  process.on('uncaughtException', record)
  process.on('unhandledRejection', record)
  try {
    await fuzzBorrower(async () => {
      expect(thrown.splice(0)).toEqual([])
      expect(await pc.createOffer()).toEqual({ type: 'offer', sdp: 'v=0' })
    }, RUNS)
  } finally {
    process.off('uncaughtException', record)
    process.off('unhandledRejection', record)
    port2.close()
  }
})
