import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BoundedQueue } from '../../src/client/bounded-queue.ts'
import { MESSAGE_OVERHEAD_BYTES } from '../../src/client/limits.ts'
import { ByteCollector } from '../../src/platform/byte-collector.ts'
import { FrameDecoder, frameHeader } from '../../src/relay/clients/framing.ts'
import { Gathering, MAX_GATHERED_BYTES } from '../../src/relay/clients/gathering.ts'
import { Fifo } from '../../src/platform/fifo.ts'
import { costOf } from '../../src/rtc/messages/part-cost.ts'
import { heldBytes } from '../support/heap.ts'

const FRAME_BYTES = 1_048_576
/** What the test's own objects and V8's may take besides. */
const SLACK_BYTES = 1_000_000

test('a frame that arrives byte by byte takes at most three times its bytes in memory', () => {
  const decoder = new FrameDecoder(FRAME_BYTES)
  expect([...decoder.push(frameHeader(FRAME_BYTES))]).toEqual([])
  const before = heldBytes()
  for (let sent = 1; sent < FRAME_BYTES; sent++) {
    for (const event of decoder.push(Uint8Array.of(sent))) expect.fail(`a frame came early: ${event.kind}`)
  }
  expect(heldBytes() - before).toBeLessThan(3 * FRAME_BYTES + SLACK_BYTES)
  const [event] = [...decoder.push(Uint8Array.of(FRAME_BYTES))]
  if (event?.kind !== 'message') throw new Error('the frame did not come')
  const frame = Buffer.concat(event.chunks)
  expect(frame.byteLength).toBe(FRAME_BYTES)
  expect(frame.every((byte, index) => byte === (index + 1) % 256)).toBe(true)
})

test('a frame made of single bytes from large network packets does not keep the packets in memory', () => {
  const decoder = new FrameDecoder(FRAME_BYTES)
  expect([...decoder.push(frameHeader(FRAME_BYTES))]).toEqual([])
  const before = heldBytes()
  for (let sent = 0; sent < 2_000; sent++) {
    const packet = new Uint8Array(65_536)
    expect([...decoder.push(packet.subarray(0, 1))]).toEqual([])
  }
  expect(heldBytes() - before).toBeLessThan(SLACK_BYTES)
})

test('bytes collected for one message in one-byte pieces take at most three times their number', () => {
  let taken = 0
  const before = heldBytes()
  const gatherings = Array.from({ length: 32 }, () => {
    const gathering = new Gathering(setImmediate, (chunks) => {
      for (const { byteLength } of chunks) taken += byteLength
    })
    for (let sent = 0; sent < MAX_GATHERED_BYTES; sent++) gathering.add(Uint8Array.of(1))
    return gathering
  })
  expect(heldBytes() - before).toBeLessThan(3 * 32 * MAX_GATHERED_BYTES + SLACK_BYTES)
  expect([gatherings.every(({ isEmpty }) => !isEmpty), taken]).toEqual([true, 0])
})

test('one-byte messages that a page does not read take no more memory than they count for', () => {
  const before = heldBytes()
  const queue = new BoundedQueue<Uint8Array>(8_000_000)
  while (queue.push(new Uint8Array(10).subarray(9), 1 + MESSAGE_OVERHEAD_BYTES));
  expect(heldBytes() - before).toBeLessThan(8_000_000 + SLACK_BYTES)
  expect(queue.cost).toBeGreaterThan(7_900_000)
})

test('one-byte messages that wait in a pump take no more memory than they count for', () => {
  const before = heldBytes()
  const received = new Fifo<{ type: 'part'; part: ArrayBuffer; cost: number }>()
  let counted = 0
  while (counted < 8_000_000) {
    const part = new ArrayBuffer(1)
    received.push({ type: 'part', part, cost: costOf(part) })
    counted += costOf(part)
  }
  expect(heldBytes() - before).toBeLessThan(8_000_000 + SLACK_BYTES)
  expect(received.length).toBeGreaterThan(0)
})

test('all bytes come out in order, whatever pieces they arrived in', () => {
  const piece = fc.tuple(fc.constantFrom(0, 1, 2, 300, 4_095, 4_096, 70_000), fc.boolean())
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const collector = new ByteCollector()
      const sent = pieces.map(([length, ofLargeBuffer], index) => {
        const whole = new Uint8Array(ofLargeBuffer ? 3 * length + 1 : length).fill(index)
        return whole.subarray(0, length)
      })
      for (const one of sent) collector.add(one)
      const wanted = Buffer.concat(sent)
      expect(collector.byteLength).toBe(wanted.byteLength)
      expect(Buffer.concat(collector.take()).equals(wanted)).toBe(true)
      expect([collector.byteLength, collector.take()]).toEqual([0, []])
    }),
  )
})
