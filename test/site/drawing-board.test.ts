import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CLEARING, MARK_NUMBERS, MAX_MARKS, readMarks } from '../../examples/board/mark.ts'

test('marks are read back as they were written, wherever the message lies in memory', () => {
  const marks = Int16Array.of(...CLEARING, 3, -7, 1_600, 0, 1_200)
  const message = new Uint8Array(1 + marks.byteLength)
  message.set(new Uint8Array(marks.buffer), 1)
  expect(readMarks(message.subarray(1))).toEqual(marks)
})

test('whatever a peer sends is whole marks, and no more than a board remembers', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (message) => {
      expect(readMarks(message)).toHaveLength(MARK_NUMBERS * Math.floor(message.length / (2 * MARK_NUMBERS)))
    }),
  )
  const tooMany = new Uint8Array(2 * MARK_NUMBERS * (MAX_MARKS + 2))
  expect(readMarks(tooMany)).toHaveLength(MARK_NUMBERS * MAX_MARKS)
})
