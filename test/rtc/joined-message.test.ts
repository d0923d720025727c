import fc from 'fast-check'
import { expect, test } from 'vitest'
import { JoinedMessage } from '../../src/rtc/pump/joined-message.ts'

const MAX_BYTES = 64
const messages = fc.array(fc.uint8Array({ minLength: 1, maxLength: MAX_BYTES }), {
  minLength: 1,
  maxLength: 40,
})

/** Joins as a queue does: what does not fit begins the next one. */
function joined(sent: Uint8Array[]): ArrayBuffer[] {
  const all: JoinedMessage[] = []
  for (const bytes of sent) {
    if (all.at(-1)?.add(bytes) !== true) all.push(new JoinedMessage(bytes, MAX_BYTES))
    // The caller may use his bytes again.
    bytes.fill(0)
  }
  return all.map((message) => message.take())
}

test('no byte is lost, added or moved, and no joined message is over the bound', () => {
  fc.assert(
    fc.property(messages, (sent) => {
      const bytes = sent.flatMap((message) => [...message])
      const taken = joined(sent)
      expect(taken.flatMap((buffer) => [...new Uint8Array(buffer)])).toEqual(bytes)
      for (const { byteLength } of taken) expect(byteLength).toBeLessThanOrEqual(MAX_BYTES)
    }),
  )
})

test('a short message takes a long one behind it, as a length does its frame', () => {
  const sent = [3, 61, 3, 61].map((length) => new Uint8Array(length))
  expect(joined(sent).map(({ byteLength }) => byteLength)).toEqual([64, 64])
})

test('a message past half of the bound takes nothing more, so that it is not copied again for a few bytes', () => {
  const message = new JoinedMessage(new Uint8Array(33), MAX_BYTES)
  expect(message.add(new Uint8Array(1))).toBe(false)
  expect(message.size).toBe(33)
})
