import { createBorrowedRtc } from '../../../src/rtc/index.ts'

/** Where a class's own members end: what is above has them from the platform on both sides. */
const ROOTS: ReadonlySet<unknown> = new Set([
  Object.prototype,
  Function.prototype,
  EventTarget.prototype,
  Event.prototype,
  Map.prototype,
  DOMException.prototype,
])

/** The names that `object` and what it inherits from define, up to the platform's own roots. */
function namesOf(object: object | null): Set<string> {
  const names = new Set<string>()
  for (let at = object; at !== null && !ROOTS.has(at); at = Object.getPrototypeOf(at) as object | null) {
    for (const name of Object.getOwnPropertyNames(at)) names.add(name)
  }
  return names
}

/** What Map gives our RTCStatsReport; the browser's own defines it itself. */
const OF_MAP = new Set(Object.getOwnPropertyNames(Map.prototype))

/** A member of an instance, whose class defines it as a field. */
function isField(ours: object, name: string): boolean {
  return instances.some((instance) => Object.getPrototypeOf(instance) === ours && name in instance)
}

const borrowed: Record<string, unknown> = {}
createBorrowedRtc().install(borrowed)

type Constructor<T extends object> = new (type: string, init?: object) => T

/** One of each class whose members are fields, which its prototype does not show. */
const instances: object[] = [
  new (borrowed['RTCDataChannelEvent'] as Constructor<Event>)('datachannel', { channel: {} }),
  new (borrowed['RTCErrorEvent'] as Constructor<Event>)('error', { error: {} }),
  new (borrowed['RTCPeerConnectionIceEvent'] as Constructor<Event>)('icecandidate', {}),
  new (borrowed['RTCError'] as new (init: object) => DOMException)({ errorDetail: 'dtls-failure' }),
  new (borrowed['RTCPeerConnectionIceErrorEvent'] as Constructor<Event>)('icecandidateerror', {
    errorCode: 1,
  }),
]

/**
 * The members of the browser's own classes that ours have not, as `RTCPeerConnection.prototype.addStream` or, static,
 * `RTCPeerConnection.generateCertificate`. Classes that the browser itself has not are left out.
 */
export function missingMembers(): string[] {
  const missing: string[] = []
  for (const name of Object.getOwnPropertyNames(borrowed)) {
    const ours = borrowed[name]
    const native: unknown = Reflect.get(globalThis, name)
    if (typeof native !== 'function' || typeof ours !== 'function') continue
    for (const member of namesOf(native)) if (!namesOf(ours).has(member)) missing.push(`${name}.${member}`)
    const [theirs, own] = [native.prototype as object, ours.prototype as object]
    for (const member of namesOf(theirs)) {
      const has =
        namesOf(own).has(member) || isField(own, member) || (own instanceof Map && OF_MAP.has(member))
      if (!has) missing.push(`${name}.prototype.${member}`)
    }
  }
  return missing
}

/** Members of ours that are of another kind than the browser's own, in words. */
export function otherKinds(): string[] {
  const other: string[] = []
  for (const name of ['RTCPeerConnection', 'RTCDataChannel'] as const) {
    const native: unknown = Reflect.get(globalThis, name)
    const ours = borrowed[name]
    if (typeof native !== 'function' || typeof ours !== 'function') continue
    for (const member of Object.getOwnPropertyNames(native.prototype)) {
      const theirs = kindOf(native.prototype as object, member)
      const own = kindOf(ours.prototype as object, member)
      if (own !== undefined && own !== theirs)
        other.push(`${name}.prototype.${member}: ${own}, not ${theirs ?? ''}`)
    }
  }
  return other
}

/** What a prototype's member is: a method, or an attribute that can be set or not. */
function kindOf(prototype: object, member: string): string | undefined {
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const descriptor = Object.getOwnPropertyDescriptor(at, member)
    if (descriptor === undefined) continue
    if (typeof descriptor.value === 'function') return 'a method'
    return descriptor.set === undefined ? 'read only' : 'an attribute'
  }
  return undefined
}
