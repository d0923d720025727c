import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PAGE_SIZE } from '../../src/relay/rendezvous/limits.ts'
import type { RendezvousMessage } from '../../src/relay/rendezvous/messages.ts'
import { decodeRendezvous, encodeRendezvous } from '../../src/relay/rendezvous/messages.ts'

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const registration = { namespace: 'tea', signedPeerRecord: bytesOf('aabb'), ttlSeconds: 7_200 }
const cookie = bytesOf('0102')

/**
 * Written by hand from the protobuf definition, as rust-libp2p writes them: fields in the order of their
 * numbers, the values 0 of the type and of the status too.
 */
const VECTORS: { name: string; message: RendezvousMessage; hex: string }[] = [
  {
    name: 'register',
    message: { type: 'register', ...registration },
    hex: '0800 120c 0a03746561 1202aabb 18a038',
  },
  {
    name: 'register without a TTL',
    message: { type: 'register', namespace: 'tea', signedPeerRecord: bytesOf('aabb') },
    hex: '0800 1209 0a03746561 1202aabb',
  },
  {
    name: 'registered',
    message: { type: 'registerResponse', status: 'OK', ttlSeconds: 7_200 },
    hex: '0801 1a05 0800 18a038',
  },
  {
    name: 'register refused with a text',
    message: { type: 'registerResponse', status: 'E_INVALID_TTL', statusText: 'no' },
    hex: '0801 1a06 0866 12026e6f',
  },
  {
    name: 'register refused with a status of two bytes',
    message: { type: 'registerResponse', status: 'E_UNAVAILABLE' },
    hex: '0801 1a03 089003',
  },
  {
    name: 'unregister',
    message: { type: 'unregister', namespace: 'tea' },
    hex: '0802 2205 0a03746561',
  },
  {
    name: 'discover with a limit and a cookie',
    message: { type: 'discover', namespace: 'tea', limit: 64, cookie },
    hex: '0803 2a0b 0a03746561 1040 1a020102',
  },
  { name: 'discover in all namespaces', message: { type: 'discover' }, hex: '0803 2a00' },
  {
    name: 'discovered',
    message: { type: 'discoverResponse', status: 'OK', registrations: [registration], cookie },
    hex: '0804 3214 0a0c 0a03746561 1202aabb 18a038 12020102 1800',
  },
  {
    name: 'discover refused',
    message: { type: 'discoverResponse', status: 'E_INVALID_COOKIE', registrations: [] },
    hex: '0804 3202 1867',
  },
]

describe('the byte vectors of libp2p’s rendezvous protocol', () => {
  test.each(VECTORS)('$name', ({ message, hex }) => {
    expect(hexOf(encodeRendezvous(message))).toBe(hex.replaceAll(' ', ''))
    expect(decodeRendezvous(bytesOf(hex))).toEqual(message)
  })

  test('the ID in go-libp2p’s unregister, which is deprecated, is ignored', () => {
    expect(decodeRendezvous(bytesOf('0802 2209 0a03746561 1202aabb'))).toEqual({
      type: 'unregister',
      namespace: 'tea',
    })
  })

  test.each([
    ['no bytes', ''],
    ['a type without its body', '0800'],
    ['the body of another type', '0801 12050a03746561'],
    ['an unknown type', '0805 3a00'],
    ['a length beyond the end', '0800 12ff010a03746561'],
    ['a namespace that is not UTF-8', '0803 2a03 0a01ff'],
    ['a group', '0803 2a00 3b3c'],
    ['a varint without an end', '08ffffffffffffffffffffff'],
  ])('malformed: %s', (_, hex) => {
    expect(() => decodeRendezvous(bytesOf(hex))).toThrow(Error)
  })

  test('a status that the specification does not have is the point’s own failure', () => {
    expect(decodeRendezvous(bytesOf('0801 1a02 0801'))).toMatchObject({ status: 'E_INTERNAL_ERROR' })
  })

  test('the largest TTL of 64 bits is read as a large one', () => {
    const message = decodeRendezvous(bytesOf('0801 1a0d 0800 18ffffffffffffffffff01'))
    expect(message).toMatchObject({ ttlSeconds: Number.MAX_SAFE_INTEGER })
  })

  test('no more registrations are read than one answer may have', () => {
    const registrations = Array.from({ length: PAGE_SIZE + 10 }, () => registration)
    const bytes = encodeRendezvous({ type: 'discoverResponse', status: 'OK', registrations })
    expect(decodeRendezvous(bytes)).toMatchObject({ registrations: { length: PAGE_SIZE } })
  })

  test('random bytes are a message or throw an Error', () => {
    const decode = (bytes: Uint8Array): void => {
      try {
        decodeRendezvous(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
      }
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), decode), { numRuns: 1_000 })
    // Messages that are damaged in one place reach deeper.
    const [whole = new Uint8Array(0)] = VECTORS.filter(({ name }) => name === 'discovered').map(({ hex }) =>
      bytesOf(hex),
    )
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
        const bytes = whole.slice()
        bytes[at] = byte
        decode(bytes)
      }),
      { numRuns: 1_000 },
    )
  })
})
