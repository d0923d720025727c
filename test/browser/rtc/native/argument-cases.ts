import type { Bench, Cases } from './bench.ts'
import { make } from './bench.ts'
import { NAMES } from './classes.ts'

export function eventCases({ classes, channel, candidate, error }: Bench): Cases {
  const cases: Cases = {}
  const forged = Object.create(Object.getPrototypeOf(channel) as object) as object
  const inits: unknown[] = [
    [undefined, null, 5, '', {}],
    [{ channel: null }, { channel: {} }, { channel: forged }, { channel, bubbles: true }],
    [{ candidate: null }, { candidate: {} }, { candidate: '' }, { candidate, cancelable: true }],
    [{ candidate: { candidate: '', sdpMid: '0' } }],
    [{ error: null }, { error: {} }, { error: new DOMException('x') }, { error, composed: true }],
    [
      { errorCode: 701 },
      { errorCode: 65_536 },
      { errorCode: -1 },
      { errorCode: Number.NaN },
      { errorCode: 1n },
    ],
    [
      { errorCode: '5', address: 5, port: '6', url: 7, errorText: 8 },
      { errorCode: 1, port: 70_000 },
    ],
    [{ errorCode: null, address: null, port: null, url: null, errorText: null }],
  ].flat()
  const told = (event: Event): unknown => {
    const { type, bubbles, cancelable, composed, isTrusted } = event
    const { channel: own, candidate: found, error: failed } = event as unknown as Record<string, unknown>
    const { address, port, url, errorCode, errorText } = event as unknown as Record<string, unknown>
    const same = [own === channel, found === candidate, found === null, failed === error]
    const detail = [address, port, url, errorCode, errorText].map(String)
    return [type, bubbles, cancelable, composed, isTrusted, ...same, ...detail]
  }
  for (const name of NAMES.filter((each) => each.endsWith('Event'))) {
    const Class = classes[name] as unknown as new () => Event
    cases[`${name} without arguments`] = () => told(make(Class))
    cases[`${name} with only a type`] = () => told(make(Class, 'x'))
    cases[`${name} with a symbol as its type`] = () =>
      told(make(Class, Symbol('x'), { channel, error, errorCode: 1 }))
    cases[`${name} with a number as its type`] = () => told(make(Class, 5, { channel, error, errorCode: 1 }))
    cases[`${name} without new`] = () => Reflect.apply(Class, undefined, ['x', {}])
    for (const [index, init] of inits.entries()) {
      cases[`${name} with the init ${index}`] = () => told(make(Class, 'x', init))
    }
  }
  return cases
}

export function errorCases({ classes }: Bench): Cases {
  const { RTCError: Class } = classes
  const told = (...args: unknown[]): unknown => {
    const made = make(Class, ...args)
    const { errorDetail, sdpLineNumber, sctpCauseCode, receivedAlert, sentAlert } = made
    const numbers = [sdpLineNumber, sctpCauseCode, receivedAlert, sentAlert]
    return [made.name, made.message, made.code, errorDetail, numbers, String(made), Object.keys(made)]
  }
  const errorDetail = 'dtls-failure'
  return {
    'RTCError without arguments': () => told(),
    'RTCError of null': () => told(null),
    'RTCError of a number': () => told(5),
    'RTCError without a detail': () => told({}),
    'RTCError with an unknown detail': () => told({ errorDetail: 'bogus' }),
    'RTCError with only a detail': () => told({ errorDetail }),
    'RTCError with a message of null': () => told({ errorDetail }, null),
    'RTCError with a message of undefined': () => told({ errorDetail }, undefined),
    'RTCError with numbers': () =>
      told({ errorDetail, sdpLineNumber: '5', sctpCauseCode: 6.9, receivedAlert: -7, sentAlert: 2 ** 32 }, 5),
    'RTCError with a number of null': () => told({ errorDetail, sdpLineNumber: null }),
    'RTCError without new': () => Reflect.apply(Class, undefined, [{ errorDetail }]),
    'a member of RTCError cannot be set': () => {
      const made: { errorDetail: string } = make(Class, { errorDetail })
      made.errorDetail = 'sctp-failure'
      return made.errorDetail
    },
  }
}

export function descriptionCases({ classes }: Bench): Cases {
  const { RTCSessionDescription: Description, RTCIceCandidate: Candidate } = classes
  const described = (...args: unknown[]): unknown => {
    const made = make(Description, ...args)
    return [made.type, made.sdp, made.toJSON(), Object.keys(made)]
  }
  const changed = (change: object): unknown =>
    Object.assign(make(Description, { type: 'offer', sdp: 'a' }), change).toJSON()
  const found = (...args: unknown[]): unknown => {
    const { candidate, sdpMid, sdpMLineIndex, usernameFragment } = make(Candidate, ...args)
    return [candidate, sdpMid, sdpMLineIndex, usernameFragment]
  }
  return {
    'RTCSessionDescription without arguments': () => described(),
    'RTCSessionDescription of undefined': () => described(undefined),
    'RTCSessionDescription of null': () => described(null),
    'RTCSessionDescription of a number': () => described(5),
    'RTCSessionDescription of an empty object': () => described({}),
    'RTCSessionDescription with only SDP': () => described({ sdp: 'v=0' }),
    'RTCSessionDescription with only a type': () => described({ type: 'rollback' }),
    'RTCSessionDescription with SDP of null': () => described({ type: 'offer', sdp: null }),
    'RTCSessionDescription of an unknown type': () => described({ type: 'bogus', sdp: '' }),
    'RTCSessionDescription of a type of null': () => described({ type: null }),
    'RTCSessionDescription without new': () => Reflect.apply(Description, undefined, [{ type: 'offer' }]),
    'a description whose members are set': () => changed({ type: 'answer', sdp: 'b' }),
    'a description whose type is set to an unknown one': () => changed({ type: 'bogus' }),
    'a description whose type is set to null': () => changed({ type: null }),
    'a description whose type is set to a symbol': () => changed({ type: Symbol('x') }),
    'a description whose SDP is set to null': () => changed({ sdp: null }),
    'a description whose SDP is set to undefined': () => changed({ sdp: undefined }),
    'RTCIceCandidate without arguments': () => found(),
    'RTCIceCandidate of null': () => found(null),
    'RTCIceCandidate of a number': () => found(5),
    'RTCIceCandidate without a section': () => found({ candidate: 'x' }),
    'RTCIceCandidate with sections of null': () => found({ sdpMid: null, sdpMLineIndex: null }),
    'RTCIceCandidate of null as text': () =>
      found({ candidate: null, sdpMid: '0', sdpMLineIndex: 0, usernameFragment: 'a' }),
    'RTCIceCandidate of numbers': () =>
      found({ candidate: 5, sdpMid: 6, sdpMLineIndex: '7', usernameFragment: 8 }),
    'RTCIceCandidate with the line 65536': () =>
      found({ sdpMid: '0', sdpMLineIndex: 65_536, usernameFragment: 'a' }),
    'RTCIceCandidate with the line -1': () =>
      found({ sdpMid: '0', sdpMLineIndex: -1, usernameFragment: 'a' }),
    'RTCIceCandidate with the line 1.9': () =>
      found({ sdpMid: '0', sdpMLineIndex: 1.9, usernameFragment: 'a' }),
    'RTCIceCandidate with a line of a bigint': () => found({ sdpMid: '0', sdpMLineIndex: 1n }),
    'RTCIceCandidate without new': () => Reflect.apply(Candidate, undefined, [{ sdpMid: '0' }]),
  }
}
