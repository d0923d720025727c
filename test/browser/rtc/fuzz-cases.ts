import fc from 'fast-check'
import { lendWebRTC } from '../../../src/rtc/index.ts'
import { fuzzBorrower } from '../../rtc/fuzz-borrower.ts'
import { isRecord, post, toLender, toPump } from '../../rtc/message-arbitraries.ts'
import { borrow, CHANNEL_INIT, CONFIGURATION, PUMP, Raw, rawChannel } from './raw-lender.ts'
import type { Side } from './suite/support.ts'
import { Bench, equal, next } from './suite/support.ts'

/**
 * Runs of each property. Each run makes a few real connections, of which a process has 500 (see
 * `choose-lender.ts`).
 */
const RUNS = 25
/**
 * A failure is an endless wait. Shrinking it would add one for each smaller input, so the first is reported
 * unchanged.
 */
const CHECKS = { numRuns: RUNS, endOnFailure: true }
/**
 * The numbers of connections increase, and this is the last one, so it is unused whatever else was posted.
 */
const LAST_PC = Number.MAX_SAFE_INTEGER
const toLenderBefore = toLender.filter((message) => !(isRecord(message) && message['pc'] === LAST_PC))

/** The uncaught exceptions in this place from now on. */
function watchErrors(): { thrown: string[]; stop(): void } {
  const thrown: string[] = []
  const end = new AbortController()
  const { signal } = end
  globalThis.addEventListener('error', ({ message }) => thrown.push(message), { signal })
  globalThis.addEventListener('unhandledrejection', ({ reason }) => thrown.push(String(reason)), { signal })
  return { thrown, stop: () => end.abort() }
}

/** Runs `fuzz` beside a connection of `side`, which must continue; and nothing may be thrown. */
async function beside(side: Side, fuzz: (undisturbed: () => Promise<void>) => Promise<void>): Promise<void> {
  const bench = new Bench(side, side)
  const { one, near, far } = await bench.open()
  const errors = watchErrors()
  let sent = 0
  try {
    await fuzz(async () => {
      const got = next<MessageEvent>(far, 'message')
      sent += 1
      near.send(String(sent))
      equal((await got).data, String(sent), "the other connection's data")
      equal(one.connectionState, 'connected', 'the other connection')
      equal(errors.thrown.splice(0), [], 'what was thrown')
    })
  } finally {
    errors.stop()
    bench.close()
  }
}

/** The borrower's end, in a place whose classes are those of `side`. */
export async function fuzzBorrowerIn(side: Side): Promise<void> {
  await beside(side, async (undisturbed) => fuzzBorrower(undisturbed, RUNS))
}

export const fuzzCases: Record<string, () => Promise<void>> = {
  'whatever a tab posts, nothing is thrown in the borrower’s page and no other tab is disturbed': async () =>
    fuzzBorrowerIn((await borrow()).borrowed),

  'whatever is posted to a lending tab, nothing is thrown there and no other lending is disturbed':
    async () =>
      beside((await borrow()).borrowed, async (undisturbed) => {
        const [asked, pumped] = [
          fc.array(toLenderBefore, { maxLength: 15 }),
          fc.array(toPump, { maxLength: 8 }),
        ]
        const property = fc.asyncProperty(asked, pumped, async (messages, more) => {
          const { port1, port2 } = new MessageChannel()
          const lent = lendWebRTC(port2, { pump: PUMP })
          const raw = new Raw(port1)
          for (const message of messages) {
            const channel = post(port1, message)
            if (channel !== undefined) for (const one of more) post(channel, one)
          }
          // The session still exists, and answers valid messages.
          port1.postMessage({ type: 'create', pc: LAST_PC, configuration: CONFIGURATION })
          await raw.wait('another connection', ({ type, pc }) => type === 'created' && pc === LAST_PC)
          lent.stop()
          // And after its end.
          for (const message of messages) post(port1, message)
          await undisturbed()
        })
        const nextToLast = { type: 'create', pc: Number.MAX_SAFE_INTEGER - 1, configuration: CONFIGURATION }
        await fc.assert(property, { ...CHECKS, examples: [[[nextToLast], []]] })
      }),

  'whatever is posted to the pump of an open channel, nothing is thrown and no other channel is disturbed':
    async () => {
      for (const pump of [PUMP, '/there-is-no-such-script.js']) {
        const { port1, port2 } = new MessageChannel()
        const lent = lendWebRTC(port2, { pump })
        const { channel, native, nativePc } = await rawChannel(port1)
        const errors = watchErrors()
        let id = 1
        const property = fc.asyncProperty(fc.array(toPump, { maxLength: 20 }), async (messages) => {
          id += 1
          const other = nativePc.createDataChannel('fuzz', { negotiated: true, id })
          const data = new MessageChannel()
          const fuzzed = new Raw(data.port1)
          port1.postMessage(
            { type: 'channel', pc: 0, label: 'fuzz', init: { ...CHANNEL_INIT, id }, port: data.port2 },
            [data.port2],
          )
          await fuzzed.waitFor('open')
          for (const message of messages) post(data.port1, message)
          data.port1.postMessage({ type: 'close' })
          await fuzzed.waitFor('closed')
          for (const message of messages) post(data.port1, message)
          other.close()
          const got = next<MessageEvent>(native, 'message')
          channel.port.postMessage({ type: 'data', parts: [`after ${id}`] })
          equal((await got).data, `after ${id}`, 'the other channel')
          equal(errors.thrown.splice(0), [], 'what was thrown')
        })
        try {
          await fc.assert(property, CHECKS)
        } finally {
          errors.stop()
          lent.stop()
          nativePc.close()
        }
      }
    },
}
