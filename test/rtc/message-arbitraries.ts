import fc from 'fast-check'
import { NEW_CONNECTION } from '../../src/rtc/standard/connection-state.ts'

/*
 * What a malicious or broken program may post on these ports: junk, well-formed messages at any
 * time and with any number, and messages with one junk member. Where PORT stands, a port is inserted when the
 * message is posted.
 */

/** Stands for a MessagePort, which an arbitrary cannot hold. */
export const PORT = 'a port'

const junk = fc.anything({ maxDepth: 2, withDate: true, withBigInt: true, withTypedArray: true })
const number = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom(-1, 1.5, 2 ** 53, 65_535))
/** The ID of a connection, a call or a certificate: mostly one that exists. */
const id = fc.oneof({ arbitrary: fc.constant(0), weight: 4 }, number)
const text = fc.oneof(
  fc.string(),
  fc.constantFrom('', 'v=0\r\n'.repeat(1000), 'candidate:1 1 udp 1 127.0.0.1 5 typ host'),
)
const sdpType = fc.constantFrom('offer', 'answer', 'pranswer', 'rollback')

const description = fc.record({ type: sdpType, sdp: text })
const init = fc.record({
  ordered: fc.boolean(),
  maxPacketLifeTime: fc.option(number),
  maxRetransmits: fc.option(number),
  protocol: text,
  negotiated: fc.boolean(),
  id: fc.option(number),
})
const candidate = fc.record({
  candidate: text,
  sdpMid: fc.option(text, { freq: 1 }),
  sdpMLineIndex: fc.option(number, { freq: 1 }),
  usernameFragment: fc.option(text),
})
const configuration = fc.record({
  iceServers: fc.array(fc.record({ urls: fc.array(text, { maxLength: 2 }) }), { maxLength: 1 }),
  iceTransportPolicy: fc.constant('all'),
  bundlePolicy: fc.constantFrom('balanced', 'max-bundle'),
  rtcpMuxPolicy: fc.constant('require'),
  iceCandidatePoolSize: fc.constant(0),
  certificates: fc.array(number, { maxLength: 1 }),
})
const error = fc.oneof(
  fc.record({ kind: fc.constant('dom'), name: text, message: text }),
  fc.record({ kind: fc.constantFrom('type', 'range', 'other', 'bogus'), message: text }),
  fc.record({
    kind: fc.constant('rtc'),
    message: text,
    detail: fc.record({
      errorDetail: text,
      sdpLineNumber: fc.option(number),
      sctpCauseCode: fc.option(number),
      receivedAlert: fc.option(number),
      sentAlert: fc.option(number),
    }),
  }),
)
const state = fc.record({
  signalingState: fc.constantFrom('stable', 'have-local-offer', 'closed'),
  iceConnectionState: fc.constantFrom('new', 'checking', 'failed', 'closed'),
  iceGatheringState: fc.constantFrom('new', 'complete'),
  connectionState: fc.constantFrom('new', 'connected', 'failed', 'closed'),
  canTrickleIceCandidates: fc.option(fc.boolean()),
  currentLocalDescription: fc.option(description),
  pendingLocalDescription: fc.option(description),
  currentRemoteDescription: fc.option(description),
  pendingRemoteDescription: fc.option(description),
  sctp: fc.option(
    fc.record({
      state: fc.constantFrom('connecting', 'connected', 'closed'),
      maxMessageSize: fc.oneof(number, fc.constantFrom(Infinity, NaN)),
      maxChannels: fc.option(number),
    }),
  ),
})
const anyState = fc.oneof(state, fc.constant(NEW_CONNECTION))

const operation = fc.oneof(
  fc.record({ type: fc.constant('createOffer'), iceRestart: fc.boolean() }),
  fc.record({ type: fc.constantFrom('createAnswer', 'restartIce', 'getStats', 'settle', 'bogus') }),
  fc.record({ type: fc.constant('setLocalDescription'), description: fc.option(description) }),
  fc.record({ type: fc.constant('setRemoteDescription'), description }),
  fc.record({ type: fc.constant('addIceCandidate'), candidate: fc.option(candidate) }),
  fc.record({ type: fc.constant('setConfiguration'), configuration }),
)
const event = fc.oneof(
  fc.record({
    type: fc.constantFrom(
      'negotiationneeded',
      'signalingstatechange',
      'icegatheringstatechange',
      'iceconnectionstatechange',
      'connectionstatechange',
      'sctpstatechange',
      'bogus',
    ),
  }),
  fc.record({ type: fc.constant('icecandidate'), candidate: fc.option(candidate) }),
  fc.record({
    type: fc.constant('icecandidateerror'),
    address: fc.option(text),
    port: fc.option(number),
    url: text,
    errorCode: number,
    errorText: text,
  }),
  fc.record({
    type: fc.constant('datachannel'),
    channel: init.chain((fields) => text.map((label) => ({ ...fields, label }))),
    port: fc.constant(PORT),
  }),
)
const outcome = fc.oneof(
  fc.record({ ok: fc.constant(false), error }),
  fc.record({
    ok: fc.constant(true),
    value: fc.oneof(
      fc.record({ type: fc.constant('nothing') }),
      fc.record({ type: fc.constant('description'), description }),
      fc.record({
        type: fc.constant('stats'),
        entries: fc.array(fc.tuple(text, fc.object({ maxDepth: 1 })), { maxLength: 2 }),
      }),
    ),
  }),
)
const parts = fc.array(
  fc.oneof(
    text,
    fc.uint8Array({ maxLength: 100 }).map((bytes) => bytes.slice().buffer),
  ),
  { maxLength: 3 },
)

/** Junk or a message; every fourth message has a junk member. */
function posted(messages: fc.Arbitrary<Record<string, unknown>>): fc.Arbitrary<unknown> {
  const mutated = fc.tuple(messages, fc.nat(), junk).map(([message, index, value]) => {
    const names = Object.keys(message).filter((name) => message[name] !== PORT)
    return Object.fromEntries([...Object.entries(message), [names[index % names.length] ?? 'type', value]])
  })
  return fc.oneof({ arbitrary: messages, weight: 6 }, { arbitrary: mutated, weight: 2 }, junk)
}

/** For the tab's end of a lending port. May end the lending. */
export const toLender = posted(
  fc.oneof(
    fc.record({ type: fc.constant('create'), pc: id, configuration }),
    fc.record({ type: fc.constant('call'), pc: id, call: id, operation }),
    fc.record({ type: fc.constant('channel'), pc: id, label: text, init, port: fc.constant(PORT) }),
    fc.record({ type: fc.constant('close'), pc: id }),
    fc.record({
      type: fc.constant('certify'),
      certificate: id,
      algorithm: fc.constantFrom({ name: 'ECDSA', namedCurve: 'P-256' }, { name: 'bogus' }),
    }),
    fc.record({ type: fc.constant('uncertify'), certificate: id }),
  ),
)

/** For the borrower's end of a lending port. May say that the lending has ended. */
export const fromLender = posted(
  fc.oneof(
    fc.record({ type: fc.constant('lend'), version: number }),
    fc.record({ type: fc.constant('unable'), reason: text }),
    fc.record({ type: fc.constant('visible'), visible: fc.boolean() }),
    { arbitrary: fc.record({ type: fc.constant('created'), pc: id, state: anyState }), weight: 4 },
    fc.record({ type: fc.constant('refused'), pc: id, error }),
    {
      arbitrary: fc.record({
        type: fc.constant('result'),
        pc: id,
        call: id,
        outcome,
        state: anyState,
      }),
      weight: 4,
    },
    { arbitrary: fc.record({ type: fc.constant('event'), pc: id, event, state: anyState }), weight: 8 },
    fc.record({
      type: fc.constant('certified'),
      certificate: id,
      facts: fc.record({
        expires: number,
        fingerprints: fc.array(fc.record({ algorithm: text, value: text }), { maxLength: 1 }),
      }),
    }),
    fc.record({ type: fc.constant('uncertified'), certificate: id, error }),
    fc.record({ type: fc.constant('stopped'), reason: text }),
  ),
)

/** For the pump's end of a channel's port. */
export const toPump = posted(
  fc.oneof(
    { arbitrary: fc.record({ type: fc.constant('data'), parts }), weight: 4 },
    fc.record({ type: fc.constant('taken'), cost: number }),
    fc.record({ type: fc.constant('close') }),
  ),
)

/** For the borrower's end of a channel's port. */
export const fromPump = posted(
  fc.oneof(
    fc.record({ type: fc.constant('id'), id: number }),
    fc.record({ type: fc.constant('open'), id: fc.option(number) }),
    { arbitrary: fc.record({ type: fc.constant('data'), parts }), weight: 4 },
    fc.record({ type: fc.constant('gone'), bytes: number }),
    fc.record({ type: fc.constantFrom('closing', 'closed') }),
    fc.record({ type: fc.constant('error'), error }),
  ),
)

/**
 * Posts it, with a new port where PORT stands, and returns that port's other end. Values that cannot be
 * cloned are skipped, because nobody can post them.
 */
export function post(port: MessagePort, message: unknown): MessagePort | undefined {
  try {
    if (isRecord(message) && isRecord(message['event']) && message['event']['port'] === PORT) {
      const { port1, port2 } = new MessageChannel()
      port.postMessage({ ...message, event: { ...message['event'], port: port2 } }, [port2])
      return port1
    }
    if (isRecord(message) && message['port'] === PORT) {
      const { port1, port2 } = new MessageChannel()
      port.postMessage({ ...message, port: port2 }, [port2])
      return port1
    }
    port.postMessage(message)
  } catch (error) {
    if ((error as Error).name !== 'DataCloneError') throw error
  }
  return undefined
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
