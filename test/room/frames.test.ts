import { createHmac, pbkdf2Sync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Frame } from '../../src/room/frames.ts'
import { decodeFrame, encodeFrame } from '../../src/room/frames.ts'
import { DEFAULT_ROOM_LIMITS } from '../../src/room/limits.ts'
import { deriveKeys, sign, utf8 } from '../../src/room/room-keys.ts'
import { decodeValue, encodeValue } from '../../src/room/values.ts'

interface Vectors {
  frames: { name: string; hex: string; frame?: Record<string, unknown> }[]
  keys: { name: string; scope: string; secret: string; protocol: string; namespace: string; signed: string }[]
}

const { frames, keys } = JSON.parse(readFileSync('test/room/vectors.json', 'utf8')) as Vectors

/** A frame as the vectors write it: bytes in hexadecimal. */
function written(frame: Frame | undefined): unknown {
  return JSON.parse(
    JSON.stringify(frame, (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
    ),
  )
}

describe('the frames have the bytes of docs/rooms.md:', () => {
  test.each(frames)('$name', ({ hex, frame }) => {
    const decoded = decodeFrame(Uint8Array.from(Buffer.from(hex, 'hex')))
    expect(decoded && written(decoded)).toEqual(frame)
    if (decoded !== undefined) expect(Buffer.from(encodeFrame(decoded)).toString('hex')).toBe(hex)
  })
})

test('what is derived from a name, a scope and a secret is as docs/rooms.md says', async () => {
  for (const { name, scope, secret, protocol, namespace, signed } of keys) {
    const root = pbkdf2Sync(name, `libp2p-websocket/room/1\0${scope}`, 100_000, 32, 'sha256')
    const derive = (purpose: string): Buffer => createHmac('sha256', root).update(purpose).digest()
    const proof = secret === '' ? derive('proof') : pbkdf2Sync(secret, derive('proof'), 100_000, 32, 'sha256')
    const topic = (purpose: string): string => derive(purpose).subarray(0, 16).toString('base64url')
    expect([protocol, namespace]).toEqual([`/room/${topic('protocol')}`, `room-${topic('namespace')}`])
    expect(createHmac('sha256', proof).update('abc').digest('hex')).toBe(signed)
    const derived = await deriveKeys(name, scope, secret)
    expect(derived).toMatchObject({ protocol, namespace })
    expect(Buffer.from(await sign(derived.proof, utf8('abc'))).toString('hex')).toBe(signed)
  }
})

test('unknown frames are ignored, and anything else that is no frame throws a TypeError or a RangeError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      try {
        decodeFrame(bytes)
      } catch (error) {
        expect(
          error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError,
        ).toBe(true)
      }
    }),
  )
})

test('values are JSON, bytes or nothing', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.stringify(decodeValue(encodeValue(value)))).toBe(JSON.stringify(value))
    }),
  )
  expect(decodeValue(encodeValue(Uint8Array.of(1, 2)))).toEqual(Uint8Array.of(1, 2))
  expect(decodeValue(encodeValue(new Uint16Array([1]).buffer))).toEqual(Uint8Array.of(1, 0))
  expect(decodeValue(encodeValue(undefined))).toBeUndefined()
  expect(() => encodeValue(() => undefined)).toThrow(TypeError)
})

test('the docs have a heading for each error code, and no other, and all limits', () => {
  const docs = readFileSync('docs/rooms.md', 'utf8')
  const codes = readFileSync('src/room/room-error.ts', 'utf8').match(/(?<=\| ')ERR_\w+/gu)
  expect(docs.match(/(?<=^### )ERR_\w+$/gmu)?.toSorted()).toEqual(codes?.toSorted())
  for (const limit of Object.keys(DEFAULT_ROOM_LIMITS)) expect(docs).toContain(`\`${limit}\``)
})
