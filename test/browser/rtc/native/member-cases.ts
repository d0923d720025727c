import type { Bench, Cases } from './bench.ts'
import { NAMES } from './classes.ts'
import { descriptorsOf } from './shape-cases.ts'

/** What is done to a prototype's members with an object that is not an instance. */
export function brandCases({ classes, pc, channel }: Bench): Cases {
  const cases: Cases = {}
  const strangers: unknown[] = [{}, new EventTarget(), undefined, null, 5]
  for (const name of NAMES) {
    const { prototype } = classes[name]
    for (const [member, { get, set, value }] of Object.entries(descriptorsOf(prototype))) {
      if (member === 'constructor') continue
      for (const part of [get, set, value]) {
        if (typeof part !== 'function') continue
        const call = part as ((...args: unknown[]) => unknown) & { name: string }
        for (const self of [...strangers, prototype, name === 'RTCPeerConnection' ? channel : pc]) {
          cases[`${name}.prototype.${member} of ${Object.prototype.toString.call(self)}, ${call.name}`] =
            () => Reflect.apply(call, self, part === set ? ['blob'] : [])
        }
      }
    }
  }
  return cases
}

export function classCases({ classes, pc, channel }: Bench): Cases {
  const cases: Cases = {}
  for (const name of ['RTCDataChannel', 'RTCCertificate', 'RTCSctpTransport', 'RTCStatsReport'] as const) {
    const Class = classes[name] as new () => object
    cases[`${name} is constructed`] = () => new Class()
    cases[`${name} is called`] = () => Reflect.apply(Class, undefined, [])
    cases[`a class that extends ${name} is constructed`] = () => new (class extends Class {})()
    cases[`${name} is constructed with another prototype`] = () => Reflect.construct(Class, [], Object)
  }
  const { RTCPeerConnection: Connection } = classes
  return {
    ...cases,
    'RTCPeerConnection is called': () => Reflect.apply(Connection, undefined, []),
    'a class that extends RTCPeerConnection': () => {
      class Extended extends Connection {
        more = 1
      }
      const made = new Extended()
      made.close()
      const parents = [made instanceof Extended, made instanceof Connection, made instanceof EventTarget]
      return [...parents, made.more, made.signalingState, Object.getPrototypeOf(made) === Extended.prototype]
    },
    'own members of instances': () => [pc, channel].map((object) => Object.keys(object)),
    'constructors of instances': () => [
      pc.constructor === Connection,
      channel.constructor === classes.RTCDataChannel,
    ],
    'what for…in finds': () => {
      const found: string[] = []
      for (const name in pc) found.push(name)
      for (const name in channel) found.push(name)
      return [
        'localDescription',
        'onicecandidate',
        'createOffer',
        'label',
        'onopen',
        'send',
        'addEventListener',
      ].map((name) => found.includes(name))
    },
  }
}

export function channelCases({ pc, channel }: Bench): Cases {
  const made = (...args: unknown[]): unknown => {
    const { label, ordered, maxRetransmits, maxPacketLifeTime, protocol, negotiated, id } = Reflect.apply(
      pc.createDataChannel.bind(pc),
      undefined,
      args,
    ) as RTCDataChannel
    return [label, ordered, maxRetransmits, maxPacketLifeTime, protocol, negotiated, id]
  }
  const threshold = (value: unknown) => (): unknown => {
    channel.bufferedAmountLowThreshold = value as number
    return channel.bufferedAmountLowThreshold
  }
  const binaryType = (value: unknown) => (): unknown => {
    channel.binaryType = value as BinaryType
    return channel.binaryType
  }
  return {
    'createDataChannel without arguments': () => made(),
    'createDataChannel of null': () => made(null),
    'createDataChannel of a lone surrogate': () => made('a\uD800'),
    'createDataChannel with options of a number': () => made('x', 5),
    'createDataChannel with options of null': () => made('x', null),
    'createDataChannel with members of null': () =>
      made('x', { ordered: null, maxRetransmits: null, protocol: null }),
    'createDataChannel with an ID that is not negotiated': () => made('x', { id: 7 }),
    'createDataChannel with an ID of null': () => made('x', { id: null, negotiated: true }),
    'createDataChannel with an ID in use': () => made('x', { id: 0, negotiated: true }),
    'createDataChannel with the ID 65534': () => made('x', { id: 65_534, negotiated: true }),
    'createDataChannel with the ID 65535': () => made('x', { id: 65_535, negotiated: true }),
    'createDataChannel with a bigint': () => made('x', { maxRetransmits: 1n }),
    'a bufferedAmountLowThreshold of -1': threshold(-1),
    'a bufferedAmountLowThreshold of 2 ** 32': threshold(2 ** 32),
    'a bufferedAmountLowThreshold of 1.9': threshold(1.9),
    'a bufferedAmountLowThreshold of text': threshold('x'),
    'a bufferedAmountLowThreshold of a bigint': threshold(1n),
    'an unknown binaryType': binaryType('bogus'),
    'a binaryType of a symbol': binaryType(Symbol('x')),
  }
}

export function certificateCases({ classes }: Bench): Cases {
  const days = async (...args: unknown[]): Promise<number> => {
    const generate: unknown = Reflect.get(classes.RTCPeerConnection, 'generateCertificate')
    const made = await Reflect.apply(generate as (...args: unknown[]) => Promise<RTCCertificate>, {}, args)
    return Math.round((made.expires - Date.now()) / 86_400_000)
  }
  const ecdsa = { name: 'ECDSA', namedCurve: 'P-256' }
  return {
    'generateCertificate without arguments': () => days(),
    'generateCertificate of null': () => days(null),
    'generateCertificate of undefined': () => days(undefined),
    'generateCertificate of ECDSA': () => days(ecdsa),
    'generateCertificate that expires at -1': () => days({ ...ecdsa, expires: -1 }),
    'generateCertificate that expires at a word': () => days({ ...ecdsa, expires: 'x' }),
    'a configuration that names a certificate, and then no certificate': async () => {
      const certificate = await classes.RTCPeerConnection.generateCertificate(ecdsa)
      const pc = new classes.RTCPeerConnection({ certificates: [certificate] })
      pc.setConfiguration({ certificates: [certificate] })
      try {
        pc.setConfiguration({})
      } finally {
        pc.close()
      }
    },
  }
}
