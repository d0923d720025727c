import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DownMessage, UpMessage } from '../../src/websocket/messages.ts'
import {
  costOf,
  MESSAGE_OVERHEAD_BYTES,
  readDownMessage,
  readUpMessage,
} from '../../src/websocket/messages.ts'

const data = fc.uint8Array({ maxLength: 8 }).map((array) => array.slice().buffer)
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER - 1 })
const positive = count.map((number) => number + 1)
const code = fc.integer({ min: 1000, max: 4999 })

const either = [
  fc.record({ type: fc.constantFrom('text' as const, 'binary' as const), data }),
  fc.record({
    type: fc.constantFrom('text' as const, 'binary' as const),
    data,
    credit: fc.record({ bytes: count, messages: positive }),
  }),
  fc.record({ type: fc.constant('credit' as const), bytes: count, messages: positive }),
  fc.record({ type: fc.constant('close' as const), code, reason: fc.string() }),
  fc.record({ type: fc.constant('close' as const), reason: fc.string() }),
]

const ups: fc.Arbitrary<UpMessage> = fc.oneof(
  ...either,
  fc.record({
    type: fc.constant('open' as const),
    url: fc.string(),
    protocols: fc.array(fc.string()),
    windowBytes: positive,
  }),
  fc.constant({ type: 'abandon' as const }),
)

const downs: fc.Arbitrary<DownMessage> = fc.oneof(
  ...either,
  fc.record({ type: fc.constant('accept' as const), protocol: fc.string(), windowBytes: positive }),
  fc.constant({ type: 'refuse' as const }),
  fc.constant({ type: 'drop' as const }),
)

test('every message from the page is recognised, even after a structured clone', () => {
  fc.assert(
    fc.property(ups, (message) => {
      expect(readUpMessage(message)).toEqual(message)
      expect(readUpMessage(structuredClone(message))).toEqual(message)
    }),
  )
})

test('every message to the page is recognised, even after a structured clone', () => {
  fc.assert(
    fc.property(downs, (message) => {
      expect(readDownMessage(message)).toEqual(message)
      expect(readDownMessage(structuredClone(message))).toEqual(message)
    }),
  )
})

test('anything else yields undefined, never an exception', () => {
  const types = fc.constantFrom('open', 'accept', 'text', 'binary', 'credit', 'close', 'drop', 'refuse', 'x')
  const field = fc.oneof(fc.anything(), data, count)
  const nearly = fc.record(
    {
      type: types,
      data: field,
      credit: fc.oneof(field, fc.record({ bytes: field, messages: field })),
      bytes: field,
      messages: field,
      code: field,
      reason: field,
      url: field,
      protocols: field,
      protocol: field,
      windowBytes: field,
    },
    { requiredKeys: ['type'] },
  )
  fc.assert(
    fc.property(fc.oneof(fc.anything(), nearly), (message) => {
      for (const read of [readUpMessage, readDownMessage]) {
        const got = read(message)
        if (got !== undefined) expect(message).toMatchObject(got)
      }
    }),
    { numRuns: 1000 },
  )
})

test.each([
  ['no object', 'open'],
  ['null', null],
  ['an array', []],
  ['no type', {}],
  ['an unknown type', { type: 'hello' }],
  ['a view in place of a buffer', { type: 'binary', data: new Uint8Array(1) }],
  ['text as a string', { type: 'text', data: 'a' }],
  ['negative credit', { type: 'credit', bytes: -1, messages: 1 }],
  ['credit for no messages', { type: 'credit', bytes: 0, messages: 0 }],
  ['credit that is not an integer', { type: 'credit', bytes: 0.5, messages: 1 }],
  ['endless credit', { type: 'credit', bytes: Number.POSITIVE_INFINITY, messages: 1 }],
  ['invalid credit on a message', { type: 'binary', data: new ArrayBuffer(1), credit: 1 }],
  [
    'credit for no messages on a message',
    { type: 'binary', data: new ArrayBuffer(1), credit: { bytes: 0, messages: 0 } },
  ],
  ['a close code out of range', { type: 'close', code: 99, reason: '' }],
  ['a close code that is a string', { type: 'close', code: '1000', reason: '' }],
  ['a close without reason', { type: 'close' }],
  ['a window of zero', { type: 'open', url: '', protocols: [], windowBytes: 0 }],
  ['a protocol that is not a string', { type: 'open', url: '', protocols: [1], windowBytes: 1 }],
  ['an accept without protocol', { type: 'accept', windowBytes: 1 }],
])('%s is malformed', (_what, message) => {
  expect(readUpMessage(message)).toBeUndefined()
  expect(readDownMessage(message)).toBeUndefined()
})

test('a message of one direction is malformed in the other', () => {
  expect(readDownMessage({ type: 'abandon' })).toBeUndefined()
  expect(readDownMessage({ type: 'open', url: '', protocols: [], windowBytes: 1 })).toBeUndefined()
  expect(readUpMessage({ type: 'drop' })).toBeUndefined()
  expect(readUpMessage({ type: 'refuse' })).toBeUndefined()
  expect(readUpMessage({ type: 'accept', protocol: '', windowBytes: 1 })).toBeUndefined()
})

test('an empty message costs its overhead', () => {
  expect(costOf(0)).toBe(MESSAGE_OVERHEAD_BYTES)
  expect(costOf(10, 3)).toBe(10 + 3 * MESSAGE_OVERHEAD_BYTES)
})
