import fc from 'fast-check'
import { expect, test } from 'vitest'
import { JoinedMessage } from '../../src/rtc/borrow/joined-message.ts'

const MAX_BYTES = 64
const messages = fc.array(fc.uint8Array({ minLength: 1, maxLength: MAX_BYTES }), {
  minLength: 1,
  maxLength: 40,
})

/** Joins messages as a queue does: one that doesn't fit begins the next joined message. */
function joined(sent: Uint8Array[]): ArrayBuffer[] {
  const all: JoinedMessage[] = []
  for (const bytes of sent) {
    if (all.at(-1)?.add(bytes) !== true) all.push(new JoinedMessage(bytes, MAX_BYTES))
    // The caller may reuse its buffer.
    bytes.fill(0)
  }
  return all.map((message) => message.take())
}

test('no byte is lost, added or moved, and no joined message exceeds the bound', () => {
  fc.assert(
    fc.property(messages, (sent) => {
      const bytes = sent.flatMap((message) => [...message])
      const taken = joined(sent)
      expect(taken.flatMap((buffer) => [...new Uint8Array(buffer)])).toEqual(bytes)
      for (const { byteLength } of taken) expect(byteLength).toBeLessThanOrEqual(MAX_BYTES)
    }),
  )
})

test('a short message is joined with a long one behind it, like a length with its frame', () => {
  const sent = [3, 61, 3, 61].map((length) => new Uint8Array(length))
  expect(joined(sent).map(({ byteLength }) => byteLength)).toEqual([64, 64])
})

test('a message over half of the bound is not joined, so it is not copied for a few bytes', () => {
  const message = new JoinedMessage(new Uint8Array(33), MAX_BYTES)
  expect(message.add(new Uint8Array(1))).toBe(false)
  expect(message.size).toBe(33)
})
