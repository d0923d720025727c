import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CLEARING, MARK_NUMBERS, MAX_MARKS, MARKS } from '../../examples/board/mark.ts'

test('marks are decoded as they were encoded, wherever the message lies in memory', () => {
  const marks = Int16Array.of(...CLEARING, 3, -7, 1_600, 0, 1_200)
  const message = new Uint8Array(1 + marks.byteLength)
  message.set(MARKS.write(marks), 1)
  expect(MARKS.read(message.subarray(1))).toEqual(marks)
  expect(MARKS.read(MARKS.write(marks.subarray(MARK_NUMBERS)))).toEqual(marks.slice(MARK_NUMBERS))
})

test('whatever a peer sends becomes whole marks, at most as many as a board remembers', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (message) => {
      expect(MARKS.read(message)).toHaveLength(MARK_NUMBERS * Math.floor(message.length / (2 * MARK_NUMBERS)))
    }),
  )
  const tooMany = new Uint8Array(2 * MARK_NUMBERS * (MAX_MARKS + 2))
  expect(MARKS.read(tooMany)).toHaveLength(MARK_NUMBERS * MAX_MARKS)
})

test('a message of 50,000 clearings costs a board no more than one', () => {
  const line = [3, 0, 0, 9, 9]
  const read = (...marks: number[][]): number[] => [
    ...(MARKS.read(MARKS.write(Int16Array.from(marks.flat()))) ?? []),
  ]
  const clearing = [...CLEARING]
  expect(read(...Array.from({ length: MAX_MARKS }, () => clearing))).toEqual(clearing)
  expect(read(line, clearing, line, clearing, line, line)).toEqual([...clearing, ...line, ...line])
  expect(read(line, line)).toEqual([...line, ...line])
})
