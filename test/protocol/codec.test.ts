import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ClientMessage, ServerMessage } from '../../src/protocol/index.ts'
import {
  ProtocolError,
  SUBPROTOCOL,
  decodeClientMessage,
  decodeServerMessage,
  encodeClientMessage,
  encodeDataMessage,
  encodeServerMessage,
  readdressData,
} from '../../src/protocol/index.ts'

const text = fc.string({ unit: 'grapheme' })
const protocol = text.map((rest) => `/${rest}`)
const id = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn })
const data = fc.uint8Array({ maxLength: 64 })
const peer = fc.string({ unit: fc.constantFrom(...'123456789ABCDEFabcdef'.split('')), minLength: 1 })

const clientMessages: fc.Arbitrary<ClientMessage> = fc.oneof(
  fc.record({ type: fc.constant('start' as const), key: fc.base64String() }),
  fc.record({ type: fc.constant('listen' as const), frames: fc.boolean(), protocol }),
  fc.record({ type: fc.constant('stop' as const), retain: fc.boolean(), protocol }),
  fc.record({ type: fc.constantFrom('close' as const, 'reset' as const), id }),
  fc.record({ type: fc.constant('data' as const), id, data }),
  fc.record({
    type: fc.constant('connect' as const),
    frames: fc.boolean(),
    relay: fc.constantFrom('', '*', '/ip4/127.0.0.1/tcp/1/ws/p2p/12D3KooW'),
    protocol,
    peer,
  }),
)

const serverMessages: fc.Arbitrary<ServerMessage> = fc.oneof(
  fc.record({ type: fc.constant('hello' as const), started: fc.boolean() }),
  fc.record({
    type: fc.constant('identify' as const),
    public: fc.boolean(),
    peer,
    addresses: fc.array(text, { maxLength: 4 }),
    key: fc.base64String(),
  }),
  fc.record({ type: fc.constant('listenerConnection' as const), id, peer, protocol }),
  fc.record({ type: fc.constant('connectionClosed' as const), id, reason: text }),
  fc.record({ type: fc.constant('data' as const), id, data }),
  fc.record({ type: fc.constant('listenRefused' as const), protocol }),
  fc.record({ type: fc.constant('listenerClosed' as const), protocol }),
  fc.record({ type: fc.constant('peerConnection' as const), id, peer, protocol }),
  fc.record({ type: fc.constant('peerConnectionRefused' as const), peer, protocol, error: text }),
  fc.record({ type: fc.constant('error' as const), message: text }),
  fc.record({ type: fc.constant('listening' as const), protocol }),
)

/** At least one of them is only in the subprotocol. */
const flags = fc.oneof(
  fc.record({ frames: fc.boolean(), lasting: fc.constant(false as const) }),
  fc.record({ frames: fc.boolean(), halfOpen: fc.constant(true as const) }),
  fc.record({
    frames: fc.boolean(),
    lasting: fc.constant(false as const),
    halfOpen: fc.constant(true as const),
  }),
)

const connects = fc.record({
  type: fc.constant('connect' as const),
  relay: fc.constantFrom('', '*', '/ip4/127.0.0.1/tcp/1/ws/p2p/12D3KooW'),
  protocol,
  peer,
})

/** Messages with something that only the subprotocol has. */
const newClientMessages: fc.Arbitrary<ClientMessage> = fc.oneof(
  fc.record({ type: fc.constantFrom('pause' as const, 'resume' as const, 'closeWrite' as const), id }),
  fc
    .tuple(flags, protocol)
    .map(([chosen, name]) => Object.assign({ type: 'listen' as const, protocol: name }, chosen)),
  fc.tuple(flags, connects).map(([chosen, rest]) => Object.assign(rest, chosen)),
)

const newServerMessages: fc.Arbitrary<ServerMessage> = fc.oneof(
  fc.record({
    type: fc.constant('linkChanged' as const),
    id,
    state: fc.constantFrom('local' as const, 'direct' as const, 'relayed' as const, 'interrupted' as const),
  }),
  fc.record({ type: fc.constant('remoteClosedWrite' as const), id }),
)

/** Runs `decode` and returns its message, or undefined if it throws a ProtocolError. */
function messageOrProtocolError<M>(decode: (bytes: Uint8Array) => M, bytes: Uint8Array): M | undefined {
  try {
    return decode(bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError)
    expect((error as ProtocolError).message).not.toBe('')
    return undefined
  }
}

describe('decoding', () => {
  test('returns every encoded client message', () => {
    fc.assert(
      fc.property(clientMessages, (message) => {
        expect(decodeClientMessage(encodeClientMessage(message))).toEqual(message)
      }),
      { numRuns: 1000 },
    )
  })

  test('returns every encoded server message', () => {
    fc.assert(
      fc.property(serverMessages, (message) => {
        expect(decodeServerMessage(encodeServerMessage(message))).toEqual(message)
      }),
      { numRuns: 1000 },
    )
  })

  test('returns every encoded message of the subprotocol, and of 2020 with it', () => {
    fc.assert(
      fc.property(fc.oneof(clientMessages, newClientMessages), (message) => {
        expect(decodeClientMessage(encodeClientMessage(message), SUBPROTOCOL)).toEqual(message)
      }),
      { numRuns: 1000 },
    )
    fc.assert(
      fc.property(fc.oneof(serverMessages, newServerMessages), (message) => {
        expect(decodeServerMessage(encodeServerMessage(message), SUBPROTOCOL)).toEqual(message)
      }),
      { numRuns: 1000 },
    )
  })

  test('a truncated message returns a message of the same opcode or throws a ProtocolError', () => {
    const cutAnywhere = (bytes: Uint8Array, decode: (bytes: Uint8Array) => unknown) => {
      for (let end = 0; end < bytes.byteLength; end++) {
        messageOrProtocolError(decode, bytes.subarray(0, end))
      }
    }
    fc.assert(fc.property(clientMessages, (m) => cutAnywhere(encodeClientMessage(m), decodeClientMessage)))
    fc.assert(fc.property(serverMessages, (m) => cutAnywhere(encodeServerMessage(m), decodeServerMessage)))
  })

  test('random bytes returns a message or throws a ProtocolError', () => {
    const bytes = fc.tuple(fc.integer({ min: 0, max: 20 }), fc.uint8Array({ maxLength: 80 }))
    fc.assert(
      fc.property(bytes, ([opcode, body]) => {
        const message = Uint8Array.of(opcode, ...body)
        messageOrProtocolError(decodeClientMessage, message)
        messageOrProtocolError(decodeServerMessage, message)
        messageOrProtocolError((encoded) => decodeClientMessage(encoded, SUBPROTOCOL), message)
        messageOrProtocolError((encoded) => decodeServerMessage(encoded, SUBPROTOCOL), message)
      }),
      { numRuns: 5000 },
    )
  })

  test('returns the payload of Data as a view of the input, not a copy', () => {
    const bytes = Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0, 1, 7, 8)
    const message = decodeClientMessage(bytes)
    expect(message.type === 'data' && message.data.buffer).toBe(bytes.buffer)
  })
})

describe('encoding', () => {
  test.each<[string, ClientMessage]>([
    ['an ID above u64', { type: 'close', id: 1n << 64n }],
    ['an ID below zero', { type: 'close', id: -1n }],
    ['an empty protocol', { type: 'listen', frames: true, protocol: '' }],
    ['a protocol without its slash', { type: 'connect', frames: true, relay: '', protocol: 'x', peer: 'p' }],
    ['no peer', { type: 'connect', frames: true, relay: '', protocol: '/x', peer: '' }],
    [
      'a protocol over 65,535 bytes',
      { type: 'connect', frames: true, relay: '', protocol: '/'.repeat(65_536), peer: 'p' },
    ],
  ])('rejects %s', (_, message) => {
    expect(() => encodeClientMessage(message)).toThrow(expect.objectContaining({ code: 'ERR_NOT_ENCODABLE' }))
  })

  test('rejects fields that the requested form does not have', () => {
    const stop: ClientMessage = { type: 'stop', retain: true, protocol: '/x' }
    expect(() => encodeClientMessage(stop, 'documented')).toThrow('RETAIN')
    const connect: ClientMessage = { type: 'connect', frames: true, relay: '/r', protocol: '/x', peer: 'p' }
    expect(() => encodeClientMessage(connect, 'client')).toThrow('RELAY')
  })
})

test('a client’s Data message is readdressed in place', () => {
  const message = encodeClientMessage({ type: 'data', id: 7n, data: new Uint8Array([1, 2, 3]) })
  const decoded = decodeClientMessage(message)
  if (decoded.type !== 'data') throw new Error('it is a Data message')
  const readdressed = readdressData(2n ** 63n, decoded.data)
  expect(readdressed?.buffer).toBe(message.buffer)
  expect(readdressed).toEqual(encodeDataMessage(2n ** 63n, [new Uint8Array([1, 2, 3])]))
})

test.each([
  ['a part of its end', new Uint8Array(20).subarray(9, 19)],
  ['a part of its beginning', new Uint8Array(20).subarray(10)],
  ['no header before it', new Uint8Array(20)],
])('a payload that does not fill the rest of a buffer is not readdressed: %s', (_, payload) => {
  const before = new Uint8Array(payload.buffer.slice(0))
  expect(readdressData(1n, payload)).toBeUndefined()
  expect(new Uint8Array(payload.buffer)).toEqual(before)
})
