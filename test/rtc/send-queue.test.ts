import fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import type { Part, ToPump } from '../../src/rtc/messages/messages.ts'
import { byteLengthOf } from '../../src/rtc/messages/part-cost.ts'
import { SendQueue } from '../../src/rtc/borrow/send-queue.ts'

let posted: ToPump[]
let failures: unknown[]

beforeEach(() => {
  posted = []
  failures = []
})

function queue(windowBytes: number, maxBytes = 1_000_000, joinSendsBytes = 0): SendQueue {
  return new SendQueue(
    { post: (message) => posted.push(message), failed: (error) => failures.push(error) },
    { sendWindowBytes: windowBytes, maxSendQueueBytes: maxBytes, joinSendsBytes },
  )
}

/** Promise callbacks that are waiting have run after it. */
async function settled(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve)
  })
}

function parts(): Part[] {
  return posted.flatMap((message) => (message.type === 'data' ? message.parts : []))
}

test('messages that are sent together travel in one port message', async () => {
  const sending = queue(1000)
  for (const text of ['a', 'b', 'c']) sending.push(text)
  expect([sending.bufferedAmount, posted.length]).toEqual([3, 0])
  await settled()
  expect(posted).toEqual([{ type: 'data', parts: ['a', 'b', 'c'] }])
  expect(sending.bufferedAmount).toBe(3)
})

test('at most one window is in flight, and a larger message goes alone', async () => {
  const sending = queue(10)
  sending.push('x'.repeat(8))
  sending.push('y'.repeat(8))
  sending.push('z'.repeat(80))
  await settled()
  expect(parts().length).toBe(1)
  expect(sending.confirmSent(8)).toBe(true)
  await settled()
  expect(parts().length).toBe(2)
  sending.confirmSent(8)
  await settled()
  expect(parts().length).toBe(3)
  sending.confirmSent(80)
  expect(sending.bufferedAmount).toBe(0)
})

test('credit for more than was posted is ignored', async () => {
  const sending = queue(10)
  sending.push('x'.repeat(8))
  expect(sending.confirmSent(8)).toBe(false)
  await settled()
  expect(sending.confirmSent(9)).toBe(false)
  expect(sending.bufferedAmount).toBe(8)
})

test('a full queue throws OperationError and accepts nothing', () => {
  const sending = queue(10, 100)
  sending.push('x'.repeat(100))
  expect(() => sending.push('y')).toThrow(expect.objectContaining({ name: 'OperationError' }))
  expect(sending.bufferedAmount).toBe(100)
})

test('close is posted after everything that was sent before, Blobs included', async () => {
  const sending = queue(10)
  sending.push('x'.repeat(8))
  sending.push(new Blob(['blob']))
  sending.close()
  await settled()
  expect(posted.at(-1)?.type).toBe('data')
  sending.confirmSent(8)
  await settled()
  await settled()
  expect(posted.map(({ type }) => type)).toEqual(['data', 'data', 'close'])
  expect(failures).toEqual([])
})

test('a Blob that cannot be read is reported', async () => {
  class Gone extends Blob {
    override async arrayBuffer(): Promise<ArrayBuffer> {
      throw new DOMException('the file is gone', 'NotFoundError')
    }
  }
  const sending = queue(10)
  sending.push(new Gone(['x']))
  sending.push('after')
  await settled()
  expect(failures).toEqual([expect.objectContaining({ name: 'NotFoundError' })])
  expect(parts()).toEqual([])
})

test('whatever is sent and whenever credit arrives, everything arrives once, in order, within the window', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ maxLength: 30 })),
      fc.integer({ min: 1, max: 40 }),
      async (texts, window) => {
        posted = []
        const sending = queue(window)
        for (const text of texts) sending.push(text)
        sending.close()
        let returned = 0
        for (let rounds = 0; posted.at(-1)?.type !== 'close' && rounds <= texts.length; rounds += 1) {
          await settled()
          const out = parts().slice(returned)
          const bytes = out.reduce((sum, part) => sum + byteLengthOf(part), 0)
          if (out.filter((part) => part !== '').length > 1) expect(bytes).toBeLessThanOrEqual(window)
          returned += out.length
          sending.confirmSent(bytes)
        }
        await settled()
        expect(parts()).toEqual(texts)
        expect(posted.at(-1)).toEqual({ type: 'close' })
        expect(sending.bufferedAmount).toBe(0)
      },
    ),
    { numRuns: 50 },
  )
})

test('with joining on, messages that are sent together are joined, and texts and Blobs keep their positions', async () => {
  const sending = queue(1000, 1000, 16)
  for (const length of [2, 6]) sending.push(new Uint8Array(length))
  sending.push('text')
  sending.push(new Uint8Array(3))
  sending.push(new Blob(['blob']))
  for (const length of [20, 5, 12]) sending.push(new Uint8Array(length))
  expect(sending.bufferedAmount).toBe(2 + 6 + 4 + 3 + 4 + 20 + 5 + 12)
  await expect.poll(() => parts().map(byteLengthOf)).toEqual([8, 4, 3, 4, 20, 5, 12])
})

test('a joined message that waits for the window grows, and counts as one message', async () => {
  const sending = queue(10, 1000, 16)
  sending.push(new Uint8Array(9))
  await settled()
  sending.push(new Uint8Array(2))
  await settled()
  sending.push(new Uint8Array(3))
  await settled()
  expect(parts().map(byteLengthOf)).toEqual([9])
  sending.confirmSent(9)
  await settled()
  expect(parts().map(byteLengthOf)).toEqual([9, 5])
  expect([sending.bufferedAmount, sending.confirmSent(5), sending.bufferedAmount]).toEqual([5, true, 0])
})

test('with joining off, nothing is joined, not even empty messages', async () => {
  const sending = queue(1000)
  for (const length of [0, 0, 1]) sending.push(new Uint8Array(length))
  await settled()
  expect(parts().map(byteLengthOf)).toEqual([0, 0, 1])
})

test('no message is joined beyond the size that the other peer accepts', async () => {
  const sending = queue(1000, 1000, 16)
  for (let sent = 0; sent < 4; sent += 1) sending.push(new Uint8Array(3), 6)
  await settled()
  expect(parts().map(byteLengthOf)).toEqual([6, 6])
})
