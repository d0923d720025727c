import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_MARKS, Marks } from '../../examples/board/marks.ts'

const bytesOf = (...marks: number[][]): Uint8Array => new Uint8Array(Int16Array.from(marks.flat()).buffer)
const boardOf = (...messages: Uint8Array[]): Marks => {
  const marks = new Marks()
  for (const message of messages) marks.add(message, undefined)
  return marks
}
const sorted = ({ bytes }: Marks): string[] => {
  const numbers = [...new Int16Array(bytes.buffer)]
  return Array.from({ length: numbers.length / 6 }, (_, at) =>
    numbers.slice(6 * at, 6 * at + 6).join(),
  ).toSorted()
}

const MARK = fc.tuple(
  fc.integer({ min: 0, max: 2 }),
  fc.integer({ min: -1, max: 6 }),
  fc.integer({ min: 0, max: 3 }),
  fc.integer({ min: 0, max: 3 }),
  fc.integer({ min: 0, max: 3 }),
  fc.integer({ min: 0, max: 3 }),
)

test('boards that get the same marks in any order, once or more, hold the same', () => {
  fc.assert(
    fc.property(fc.array(MARK, { maxLength: 30 }), fc.nat(), (marks, turn) => {
      const one = boardOf(...marks.map((mark) => bytesOf(mark)))
      const at = marks.length === 0 ? 0 : turn % marks.length
      const other = boardOf(bytesOf(...marks.slice(at)), bytesOf(...marks))
      expect(sorted(other)).toEqual(sorted(one))
      expect(other.digest).toBe(one.digest)
      expect(sorted(boardOf(one.bytes))).toEqual(sorted(one))
    }),
  )
})

test('a new sheet is empty, and marks of an older one come too late', () => {
  const board = boardOf(
    bytesOf([0, 1, 1, 2, 3, 4]),
    bytesOf([1, -1, 0, 0, 0, 0]),
    bytesOf([0, 2, 1, 2, 3, 4]),
  )
  expect(board.sheet).toBe(1)
  expect(sorted(board)).toEqual(['1,-1,0,0,0,0'])
})

test('whatever a member sends, a board takes whole marks, and no more than it can hold', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void boardOf(bytes)))
  const many = Array.from({ length: MAX_MARKS + 10 }, (_, at) => [
    0,
    1,
    at % 1_000,
    Math.floor(at / 1_000),
    0,
    0,
  ])
  const board = boardOf(bytesOf(...many))
  expect(board.isFull).toBe(true)
  expect(sorted(board)).toHaveLength(MAX_MARKS + 1)
})
