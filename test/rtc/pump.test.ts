import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { BURST_MS, Burst, PROMPT_BYTES } from '../../src/rtc/pump/burst.ts'
import type { ToPump } from '../../src/rtc/messages/messages.ts'
import { costOf } from '../../src/rtc/messages/part-cost.ts'
import { isFromPump } from '../../src/rtc/messages/pump-guards.ts'
import { pumpLimits } from '../../src/rtc/pump/pump-limits.ts'
import { Pump } from '../../src/rtc/pump/pump.ts'

/** Node has no RTCDataChannel. Browser tests cover a pump with a real one; here the clock stands still. */
class OpenChannel extends EventTarget {
  readonly id = 1
  readonly readyState = 'open'
  readonly bufferedAmount = 0
  bufferedAmountLowThreshold = 0
  binaryType = 'arraybuffer'

  receive(length: number): void {
    this.dispatchEvent(new MessageEvent('message', { data: new ArrayBuffer(length) }))
  }
}

let port: MessagePort
let borrower: MessagePort
let channel: OpenChannel
/** The bytes of the messages in each port message that the borrower received. */
let arrived: number[][]

/** Like `until`, without a timer, because timers don't fire here. */
async function arrivals(count: number): Promise<void> {
  while (arrived.length < count) await new Promise((resolve) => setImmediate(resolve))
}

/** Lets the pump's own tasks and those of its port run. */
async function turn(): Promise<void> {
  for (let count = 0; count < 20; count++) await new Promise((resolve) => setImmediate(resolve))
}

function start(burst?: Burst): void {
  new Pump(channel as unknown as RTCDataChannel, pumpLimits(), burst).connect(port)
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  const { port1, port2 } = new MessageChannel()
  port = port1
  borrower = port2
  channel = new OpenChannel()
  arrived = []
  port2.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (!isFromPump(data) || data.type !== 'data') return
    arrived.push(data.parts.map((part) => (part as ArrayBuffer).byteLength))
  })
  port2.start()
})

afterEach(() => {
  vi.useRealTimers()
  port.close()
})

test('in a burst, a pump collects what follows the first bytes until the burst ends', async () => {
  start(new Burst())
  channel.receive(PROMPT_BYTES)
  await arrivals(1)
  for (const length of [1, 2]) {
    channel.receive(length)
    await turn()
  }
  expect(arrived).toEqual([[PROMPT_BYTES]])
  vi.advanceTimersByTime(BURST_MS)
  await arrivals(2)
  expect(arrived).toEqual([[PROMPT_BYTES], [1, 2]])
})

test('credit from the borrower ends no burst, and releases what the window held after it', async () => {
  const receiveWindowBytes = 4 * PROMPT_BYTES
  new Pump(channel as unknown as RTCDataChannel, pumpLimits({ receiveWindowBytes }), new Burst()).connect(
    port,
  )
  const take = (length: number): void =>
    borrower.postMessage({ type: 'taken', cost: costOf(new ArrayBuffer(length)) } satisfies ToPump)
  channel.receive(PROMPT_BYTES)
  await arrivals(1)
  channel.receive(1)
  take(PROMPT_BYTES)
  await turn()
  expect(arrived).toEqual([[PROMPT_BYTES]])
  channel.receive(receiveWindowBytes)
  vi.advanceTimersByTime(BURST_MS)
  await arrivals(2)
  take(1)
  await arrivals(3)
  expect(arrived).toEqual([[PROMPT_BYTES], [1], [receiveWindowBytes]])
})

test('without burst timing, as in a page, nothing waits for a timer', async () => {
  start()
  for (const [index, length] of [PROMPT_BYTES, 1, 2].entries()) {
    channel.receive(length)
    await arrivals(index + 1)
  }
  expect(arrived).toEqual([[PROMPT_BYTES], [1], [2]])
})
