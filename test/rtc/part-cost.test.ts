import fc from 'fast-check'
import { expect, test } from 'vitest'
import { byteLengthOf, costOf, PART_OVERHEAD_BYTES, utf8Length } from '../../src/rtc/messages/part-cost.ts'

test('the length of any text is that of its UTF-8, including replaced lone surrogates', () => {
  const encoder = new TextEncoder()
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => utf8Length(text) === encoder.encode(text).length),
  )
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0xd7_00, max: 0xe0_ff })), (units) => {
      const text = String.fromCharCode(...units)
      return utf8Length(text) === encoder.encode(text).length
    }),
  )
})

test('an empty message costs its overhead, and adds nothing to bufferedAmount', () => {
  expect(byteLengthOf('')).toBe(0)
  expect(costOf(new ArrayBuffer(0))).toBe(PART_OVERHEAD_BYTES)
})
