import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { Uint8ArrayList } from 'uint8arraylist'
import { describe, expect, test } from 'vitest'
import type { Frame, ReadFrame } from '../../src/lasting/frames.ts'
import { FrameReader } from '../../src/lasting/frame-reader.ts'
import {
  END_OF_PROPOSALS,
  MAX_DATA_BYTES,
  encodeData,
  encodeFrame,
  encodeProtocolName,
} from '../../src/lasting/frames.ts'

/** A frame in `vectors.json`: its ID, and its payload in hexadecimal. */
interface Vector {
  frame: { type: string; id?: string; bytes?: string; name?: string; [field: string]: unknown }
  hex: string
}

const { vectors, invalid } = JSON.parse(readFileSync('test/lasting/vectors.json', 'utf8')) as {
  vectors: Vector[]
  invalid: { why: string; hex: string; opening: boolean }[]
}

const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

function encode({ frame }: Vector): Uint8Array {
  if (frame.type === 'protocol') return encodeProtocolName(String(frame.name))
  if (frame.type === 'data') {
    return encodeData(Number(frame['offset']), new Uint8ArrayList(fromHex(frame.bytes ?? ''))).slice()
  }
  return encodeFrame({ ...frame, ...(frame.id === undefined ? {} : { id: fromHex(frame.id) }) } as Frame)
}

/** Reads bytes that arrive in pieces of these sizes, repeated. */
function read(bytes: Uint8Array, sizes: readonly number[], opening = true): ReadFrame[] {
  const reader = new FrameReader(opening ? 'name-or-frame' : 'frame')
  const frames: ReadFrame[] = []
  for (let start = 0, turn = 0; start < bytes.byteLength; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    reader.push(bytes.subarray(start, start + size), (frame) => frames.push(frame))
    start += size
  }
  return frames
}

/** Joins pieces of DATA. */
function joined(frames: ReadFrame[]): unknown[] {
  const all: unknown[] = []
  let last: { type: 'data'; offset: number; bytes: string } | undefined
  for (const frame of frames) {
    if (frame.type !== 'data') {
      last = undefined
      all.push('id' in frame ? { ...frame, id: toHex(frame.id) } : frame)
    } else if (last !== undefined && last.offset + last.bytes.length / 2 === frame.offset) {
      last.bytes += toHex(frame.bytes)
    } else {
      last = { ...frame, bytes: toHex(frame.bytes) }
      all.push(last)
    }
  }
  return all
}

describe('the frames of lasting streams', () => {
  test.each(vectors)('$frame.type has the bytes of the specification', (vector) => {
    expect(toHex(encode(vector))).toBe(vector.hex.replaceAll(' ', ''))
    const isOpening = vector.frame.type === 'protocol' || vector.frame.type === 'resume'
    const end = vector.frame.type === 'resume' ? [...END_OF_PROPOSALS] : []
    const bytes = Uint8Array.of(...end, ...fromHex(vector.hex))
    expect(joined(read(bytes, [1], isOpening))).toEqual([vector.frame])
  })

  test.each(invalid)('$why is refused', ({ hex, opening }) => {
    expect(() => read(fromHex(hex), [1000], opening)).toThrow(
      expect.objectContaining({ name: 'LastingProtocolError' }),
    )
  })

  test('are read the same, however they are split', () => {
    const bytes = fromHex(
      vectors
        .filter(({ frame }) => frame.type !== 'resume')
        .map(({ hex }) => hex)
        .join(''),
    )
    // The name comes first, as in an opening.
    const whole = joined(read(bytes, [bytes.byteLength]))
    expect(whole.length).toBe(vectors.length - 1)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (sizes) => {
        expect(joined(read(bytes, sizes))).toEqual(whole)
      }),
    )
  })

  test('junk ends in a protocol error or waits for more, and at most one frame of it is held', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.boolean(), (bytes, opening) => {
        try {
          read(bytes, [7], opening)
        } catch (error) {
          expect(error).toMatchObject({ name: 'LastingProtocolError' })
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('a name of 1,024 bytes or more is refused before it is sent', () => {
    expect(() => encodeProtocolName(`/${'x'.repeat(1022)}`)).not.toThrow()
    expect(() => encodeProtocolName(`/${'x'.repeat(1023)}`)).toThrow(RangeError)
    expect(() => encodeProtocolName('')).toThrow(RangeError)
    expect(MAX_DATA_BYTES).toBe(65_536)
  })
})
