import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NEW_CONNECTION } from '../../src/rtc/standard/connection-state.ts'
import { isFromLender } from '../../src/rtc/messages/from-lender-guard.ts'
import type { FromLender, FromPump, ToLender, ToPump } from '../../src/rtc/messages/messages.ts'
import { isFromPump, isToPump } from '../../src/rtc/messages/pump-guards.ts'
import { isToLender } from '../../src/rtc/messages/to-lender-guard.ts'

const configuration = {
  iceServers: [{ urls: ['stun:127.0.0.1'] }],
  iceTransportPolicy: 'all',
  bundlePolicy: 'balanced',
  rtcpMuxPolicy: 'require',
  iceCandidatePoolSize: 0,
  certificates: [],
} as const
const init = {
  ordered: true,
  maxPacketLifeTime: null,
  maxRetransmits: 3,
  protocol: '',
  negotiated: false,
  id: null,
}
const { port1: port } = new MessageChannel()
const state = NEW_CONNECTION
const error = { kind: 'dom', name: 'OperationError', message: 'no' } as const

const toLender: ToLender[] = [
  { type: 'create', pc: 0, configuration: { ...configuration, iceServers: [], certificates: [1] } },
  { type: 'call', pc: 0, call: 0, operation: { type: 'createOffer', iceRestart: false } },
  { type: 'call', pc: 0, call: 1, operation: { type: 'setLocalDescription', description: null } },
  { type: 'call', pc: 0, call: 2, operation: { type: 'addIceCandidate', candidate: { candidate: '' } } },
  { type: 'channel', pc: 0, label: '', init, port },
  { type: 'close', pc: 0 },
  { type: 'certify', certificate: 0, algorithm: { name: 'ECDSA', namedCurve: 'P-256' } },
  { type: 'uncertify', certificate: 0 },
  { type: 'dismiss' },
]
const fromLender: FromLender[] = [
  { type: 'lend', version: 1 },
  { type: 'unable', reason: 'no' },
  { type: 'visible', visible: true },
  { type: 'created', pc: 0, state },
  { type: 'refused', pc: 0, error },
  { type: 'result', pc: 0, call: 0, outcome: { ok: false, error }, state },
  {
    type: 'result',
    pc: 0,
    call: 0,
    outcome: { ok: true, value: { type: 'stats', entries: [['a', {}]] } },
    state,
  },
  { type: 'event', pc: 0, event: { type: 'icecandidate', candidate: null }, state },
  { type: 'event', pc: 0, event: { type: 'datachannel', channel: { ...init, label: 'x' }, port }, state },
  { type: 'certified', certificate: 0, facts: { expires: 1, fingerprints: [] } },
  { type: 'uncertified', certificate: 0, error },
  { type: 'stopped', reason: 'no' },
]
const toPump: ToPump[] = [
  { type: 'data', parts: ['x', new ArrayBuffer(1)] },
  { type: 'taken', cost: 1 },
  { type: 'close' },
]
const fromPump: FromPump[] = [
  { type: 'id', id: 1 },
  { type: 'open', id: null },
  { type: 'data', parts: [] },
  { type: 'gone', bytes: 0 },
  { type: 'closing' },
  { type: 'error', error },
  { type: 'closed' },
]

const sets = [
  { who: 'a borrower to a lender', guard: isToLender, good: toLender },
  { who: 'a lender to a borrower', guard: isFromLender, good: fromLender },
  { who: 'a borrower to a pump', guard: isToPump, good: toPump },
  { who: 'a pump to a borrower', guard: isFromPump, good: fromPump },
] as const

test.each(sets)('every message of $who passes', ({ guard, good }) => {
  for (const message of good) expect(guard(message), JSON.stringify(message)).toBe(true)
})

test.each(sets)('a message of $who that lacks any of its members does not pass', ({ guard, good }) => {
  for (const message of good) {
    for (const name of Object.keys(message)) {
      const rest = Object.fromEntries(Object.entries(message).filter(([key]) => key !== name))
      expect(guard(rest), `${message.type} without ${name}`).toBe(false)
    }
  }
})

test.each(sets)('a message of $who with a member of another type does not pass', ({ guard, good }) => {
  for (const message of good) {
    for (const name of Object.keys(message)) {
      expect(guard({ ...message, [name]: Symbol('x').description }), `${message.type} with ${name}`).toBe(
        // A reason may be any text.
        name === 'reason' || name === 'label',
      )
      expect(guard({ ...message, [name]: -0.5 }), `${message.type} with ${name}`).toBe(false)
    }
  }
})

test.each(sets)('the guard for $who accepts or rejects any value without an exception', ({ guard, good }) => {
  const types = fc.constantFrom(...good.map(({ type }) => type), '__proto__', 'constructor')
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true }), (value) => typeof guard(value) === 'boolean'),
  )
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.anything()), types, (value, type) => {
      expect(typeof guard({ ...value, type })).toBe('boolean')
    }),
  )
})
