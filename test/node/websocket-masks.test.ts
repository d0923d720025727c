import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { mask, unmask } from '../../src/node/http/websocket-masks.ts'

/** Short ones, and ones that are long enough to be handled as words. */
const bytes = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 510, maxLength: 530 }))
const key = fc.uint8Array({ minLength: 4, maxLength: 4 })
const masked = (data: Uint8Array, by: Uint8Array): Uint8Array =>
  data.map((byte, index) => byte ^ (by[index & 3] ?? 0))

/** A copy that begins at `offset` of its memory, where 32-bit words may not. */
function at(offset: number, data: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new ArrayBuffer(offset + data.length + 3), offset, data.length)
  copy.set(data)
  return copy
}

test('unmasks what RFC 6455 masks, wherever the bytes are in memory, and touches nothing around them', () => {
  fc.assert(
    fc.property(bytes, key, fc.nat({ max: 7 }), (data, by, offset) => {
      const buffer = at(offset, data)
      unmask(buffer, by)
      expect(buffer).toEqual(masked(data, by))
      const around = new Uint8Array(buffer.buffer)
      expect(around.subarray(0, offset).every((byte) => byte === 0)).toBe(true)
      expect(around.subarray(offset + data.length).every((byte) => byte === 0)).toBe(true)
    }),
  )
})

test('masks a part of a message into another buffer, or into its own', () => {
  fc.assert(
    fc.property(bytes, key, fc.nat({ max: 7 }), fc.nat({ max: 530 }), (data, by, offset, most) => {
      const length = Math.min(most, data.length)
      const output = new Uint8Array(offset + length)
      mask(data, by, output, offset, length)
      expect(output.subarray(offset)).toEqual(masked(data.subarray(0, length), by))
      const own = at(offset, data)
      mask(own, by, own, 0, length)
      expect(own.subarray(0, length)).toEqual(masked(data.subarray(0, length), by))
      expect(own.subarray(length)).toEqual(data.subarray(length))
    }),
  )
})
