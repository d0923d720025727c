import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteQueue } from '../../src/lasting/byte-queue.ts'
import { heldBytes } from '../support/heap.ts'

describe('a byte queue', () => {
  test('returns what was put in, wherever it is cut', () => {
    const step = fc.oneof(
      fc.record({ append: fc.integer({ min: 0, max: 5000 }) }),
      fc.record({ read: fc.integer({ min: 0, max: 9000 }) }),
      fc.record({ consume: fc.integer({ min: 0, max: 9000 }) }),
      fc.constant({ rewind: true }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new ByteQueue()
        let expected: number[] = []
        let next = 0
        /** Bytes at the front of `expected` that have been read. */
        let readBytes = 0
        for (const one of steps) {
          if ('append' in one) {
            const bytes = Uint8Array.from({ length: one.append }, () => next++ % 251)
            queue.append(bytes)
            expected = expected.concat(Array.from(bytes))
          } else if ('read' in one) {
            const bytes = queue.read(one.read).slice()
            expect(bytes).toEqual(Uint8Array.from(expected.slice(readBytes, readBytes + one.read)))
            readBytes += bytes.byteLength
          } else if ('consume' in one) {
            queue.consume(one.consume)
            expected = expected.slice(one.consume)
            readBytes = Math.max(0, readBytes - one.consume)
          } else {
            queue.rewind()
            readBytes = 0
          }
          expect(queue.byteLength).toBe(expected.length)
        }
        queue.rewind()
        expect(queue.read(Infinity).slice()).toEqual(Uint8Array.from(expected))
      }),
    )
  })

  test('keeps short chunks safe from a caller who overwrites them later', () => {
    const queue = new ByteQueue()
    const bytes = Uint8Array.of(1, 2, 3)
    queue.append(bytes)
    bytes.fill(9)
    expect(queue.read(3).slice()).toEqual(Uint8Array.of(1, 2, 3))
  })

  test('holds a million single bytes in a few megabytes', () => {
    const queue = new ByteQueue()
    const before = heldBytes()
    for (let count = 0; count < 1_000_000; count += 1) queue.append(Uint8Array.of(count % 256))
    expect(queue.byteLength).toBe(1_000_000)
    expect(heldBytes() - before).toBeLessThan(4_000_000)
  })

  test("doesn't keep a large buffer alive for a small part of it", () => {
    const queue = new ByteQueue()
    queue.append(new Uint8Array(1_048_576).subarray(1000, 5096))
    const [chunk] = queue.read(4096)
    expect(chunk?.buffer.byteLength).toBeLessThanOrEqual(4 * 4096)
  })
})
