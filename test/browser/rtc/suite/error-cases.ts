import type { Case } from './support.ts'
import { callBare, equal, errorName, next, thrownName, truthy } from './support.ts'

export const errorCases: Record<string, Case> = {
  'send before open and after close throws InvalidStateError, without an argument TypeError': async (
    bench,
  ) => {
    const channel = bench.make(bench.a).createDataChannel('x')
    equal(
      thrownName(() => channel.send('x')),
      'InvalidStateError',
      'connecting',
    )
    equal(
      thrownName(() => callBare(channel, 'send')),
      'TypeError',
      'no argument',
    )
    const { near } = await bench.open()
    const closed = next(near, 'close')
    near.close()
    equal(
      thrownName(() => near.send('x')),
      'InvalidStateError',
      'closing',
    )
    await closed
    equal(
      thrownName(() => near.send('x')),
      'InvalidStateError',
      'closed',
    )
  },

  'an invalid channel is a TypeError, an ID in use an OperationError': async (bench) => {
    const pc = bench.make(bench.a)
    const name = (init: RTCDataChannelInit, label = 'x'): string =>
      thrownName(() => pc.createDataChannel(label, init))
    equal(name({ maxRetransmits: 1, maxPacketLifeTime: 1 }), 'TypeError', 'both reliabilities')
    equal(name({ negotiated: true }), 'TypeError', 'negotiated without id')
    equal(name({ negotiated: true, id: 65_535 }), 'TypeError', 'id 65535')
    equal(name({ negotiated: true, id: -1 }), 'TypeError', 'id -1')
    equal(name({ maxRetransmits: 70_000 }), 'TypeError', 'maxRetransmits 70000')
    equal(name({}, 'x'.repeat(65_536)), 'TypeError', 'a long label')
    equal(name({ protocol: 'x'.repeat(65_536) }), 'TypeError', 'a long protocol')
    equal(
      thrownName(() => callBare(pc, 'createDataChannel')),
      'TypeError',
      'no label',
    )
    equal(name({ negotiated: true, id: 7 }), 'no error', 'id 7')
    equal(name({ negotiated: true, id: 7 }), 'OperationError', 'id 7 again')
    equal(pc.createDataChannel('x', { id: 70 }).id, null, 'id without negotiated')
  },

  'a bad configuration throws from the constructor': async (bench) => {
    const name = (configuration: unknown): string =>
      thrownName(() => bench.make(bench.a, configuration as RTCConfiguration))
    equal(name({ iceServers: [{ urls: 'http:foo' }] }), 'SyntaxError', 'a scheme')
    equal(name({ iceServers: [{ urls: [] }] }), 'SyntaxError', 'no URL')
    equal(name({ iceServers: [{ urls: 'turn:foo' }] }), 'InvalidAccessError', 'no credential')
    equal(name({ iceServers: [{}] }), 'TypeError', 'no urls')
    equal(name({ iceTransportPolicy: 'bogus' }), 'TypeError', 'a policy')
    equal(name({ iceCandidatePoolSize: 256 }), 'TypeError', 'a pool size')
    equal(name({ certificates: [{}] }), 'TypeError', 'a certificate')
    equal(name(5), 'TypeError', 'a number')
    equal(name(null), 'no error', 'null')
    equal(
      thrownName(() => Reflect.apply(bench.a.RTCPeerConnection, undefined, [])),
      'TypeError',
      'without new',
    )
  },

  'changing what setConfiguration may not change is an InvalidModificationError': async (bench) => {
    const pc = bench.make(bench.a)
    equal(
      thrownName(() => pc.setConfiguration({ bundlePolicy: 'max-bundle' })),
      'InvalidModificationError',
      'bundlePolicy',
    )
  },

  'bad SDP rejects with OperationError, a bad type with TypeError': async (bench) => {
    const pc = bench.make(bench.a)
    const name = async (description: unknown): Promise<string> =>
      errorName(async () => pc.setRemoteDescription(description as RTCSessionDescriptionInit))
    equal(await name({ type: 'offer', sdp: 'nonsense' }), 'OperationError', 'nonsense')
    equal(await name({ type: 'offer', sdp: 'v=0\r\n'.repeat(10_000) }), 'OperationError', 'absurd')
    equal(await name({ type: 'bogus', sdp: '' }), 'TypeError', 'a type')
    equal(await name(undefined), 'OperationError', 'nothing')
    equal(pc.signalingState, 'stable', 'the state stays')
  },

  'operations at the wrong time reject with InvalidStateError': async (bench) => {
    const pc = bench.make(bench.a)
    pc.createDataChannel('x')
    equal(await errorName(async () => pc.createAnswer()), 'InvalidStateError', 'createAnswer')
    const candidate = { candidate: 'candidate:1 1 udp 1 127.0.0.1 5 typ host', sdpMid: '0' }
    equal(await errorName(async () => pc.addIceCandidate(candidate)), 'InvalidStateError', 'addIceCandidate')
    const { sdp = '' } = await pc.createOffer()
    const answer = { type: 'answer', sdp } as const
    equal(
      await errorName(async () => pc.setRemoteDescription(answer)),
      'InvalidStateError',
      'answer in stable',
    )
  },

  'a candidate without a section is a TypeError, an invalid one an OperationError': async (bench) => {
    const { one } = await bench.open()
    const name = async (candidate: RTCIceCandidateInit): Promise<string> =>
      errorName(async () => one.addIceCandidate(candidate))
    equal(await name({ candidate: 'candidate:1 1 udp 1 127.0.0.1 5 typ host' }), 'TypeError', 'no section')
    equal(await name({ candidate: 'nonsense', sdpMid: '0' }), 'OperationError', 'nonsense')
    equal(await errorName(async () => one.addIceCandidate()), 'no error', 'the end of candidates')
  },

  'a closed connection refuses with InvalidStateError': async (bench) => {
    const pc = bench.make(bench.a)
    pc.close()
    equal(await errorName(async () => pc.createOffer()), 'InvalidStateError', 'createOffer')
    equal(await errorName(async () => pc.createAnswer()), 'InvalidStateError', 'createAnswer')
    equal(await errorName(async () => pc.setLocalDescription()), 'InvalidStateError', 'setLocalDescription')
    equal(
      await errorName(async () => pc.setRemoteDescription({ type: 'offer', sdp: '' })),
      'InvalidStateError',
      'setRemoteDescription',
    )
    equal(
      await errorName(async () => pc.addIceCandidate({ candidate: '', sdpMid: '0' })),
      'InvalidStateError',
      'addIceCandidate',
    )
    equal(
      thrownName(() => pc.createDataChannel('x')),
      'InvalidStateError',
      'createDataChannel',
    )
    equal(
      thrownName(() => pc.setConfiguration({})),
      'InvalidStateError',
      'setConfiguration',
    )
    equal(
      thrownName(() => pc.restartIce()),
      'no error',
      'restartIce',
    )
    equal(await errorName(async () => pc.getStats()), 'no error', 'getStats')
  },

  'generateCertificate rejects an unknown algorithm with NotSupportedError': async (bench) => {
    const name = async (algorithm: unknown): Promise<string> =>
      errorName(async () => bench.a.RTCPeerConnection.generateCertificate(algorithm as AlgorithmIdentifier))
    equal(await name('bogus'), 'NotSupportedError', 'a name')
    equal(await name({ name: 'ECDSA', namedCurve: 'P-999' }), 'NotSupportedError', 'a curve')
  },

  'descriptions and candidates check their arguments': async (bench) => {
    const { RTCIceCandidate, RTCSessionDescription } = bench.a
    equal(
      thrownName(() => new RTCIceCandidate()),
      'TypeError',
      'no argument',
    )
    equal(
      thrownName(() => new RTCIceCandidate({ candidate: 'x' })),
      'TypeError',
      'no section',
    )
    equal(
      thrownName(() => new RTCSessionDescription({ type: 'bogus' as RTCSdpType, sdp: '' })),
      'TypeError',
      'a type',
    )
    equal(
      JSON.stringify(new RTCSessionDescription({ type: 'offer', sdp: 'v=0' })),
      '{"type":"offer","sdp":"v=0"}',
      'JSON',
    )
    const text =
      'candidate:842163049 1 udp 1677729535 192.0.2.7 45678 typ srflx raddr 10.0.0.1 rport 5000 generation 0'
    const candidate = new RTCIceCandidate({
      candidate: text,
      sdpMid: '0',
      sdpMLineIndex: 0,
      usernameFragment: 'ab',
    })
    const { foundation, component, priority, address, protocol, port, type, relatedAddress, relatedPort } =
      candidate
    equal(
      [foundation, component, priority, address, protocol, port, type, relatedAddress, relatedPort],
      ['842163049', 'rtp', 1_677_729_535, '192.0.2.7', 'udp', 45_678, 'srflx', '10.0.0.1', 5000],
      'fields',
    )
    equal(
      candidate.toJSON(),
      { candidate: text, sdpMid: '0', sdpMLineIndex: 0, usernameFragment: 'ab' },
      'toJSON',
    )
    equal(
      new RTCIceCandidate({ candidate: 'an invalid candidate has no fields', sdpMid: '0' }).address,
      null,
      'nonsense has no fields',
    )
  },

  'a bufferedAmountLowThreshold and a binaryType are converted as Web IDL says': async (bench) => {
    const channel = bench.make(bench.a).createDataChannel('x')
    channel.binaryType = 'bogus' as BinaryType
    equal(channel.binaryType, 'arraybuffer', 'binaryType')
    channel.bufferedAmountLowThreshold = 4_294_967_295
    equal(channel.bufferedAmountLowThreshold, 4_294_967_295, 'threshold')
  },

  'a handler is any function, an object is kept but not called, and a number becomes null': async (bench) => {
    const { near, far } = await bench.open()
    const handler = {}
    far.onmessage = handler as unknown as null
    equal(far.onmessage === (handler as unknown), true, 'an object')
    far.onmessage = 5 as unknown as null
    equal(far.onmessage, null, 'a number')
    const order: string[] = []
    far.onmessage = () => order.push('replaced')
    far.addEventListener('message', () => order.push('listener'))
    const told = next(far, 'message')
    const selves: unknown[] = []
    far.onmessage = function record(this: RTCDataChannel) {
      order.push('handler')
      selves.push(this)
    }
    near.send('x')
    await told
    truthy(selves[0] === far, 'this')
    equal(order, ['handler', 'listener'], 'order')
  },
}
