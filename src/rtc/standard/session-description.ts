import { IN_FIREFOX } from './in-firefox.ts'
import type { Description, DescriptionInit } from '../messages/messages.ts'
import { isSdpType } from '../messages/state-guards.ts'
import { dictionary, domString, enumeration } from './webidl.ts'

const SDP_TYPES = ['offer', 'pranswer', 'answer', 'rollback'] as const

/**
 * The standard's RTCSessionDescription. As in both browsers, type and SDP can be set, which changes only this
 * object. As in Chromium, the type may be missing or null there.
 */
export class RTCSessionDescription {
  #type: RTCSdpType | null
  #sdp: string | null

  /**
   * Throws TypeError for an unknown type, and for a missing one if this browser requires it.
   */
  constructor(init?: unknown) {
    const { type = null, sdp = '' } = descriptionInit(init)
    if (IN_FIREFOX && type === null) throw new TypeError('RTCSessionDescriptionInit: type is missing.')
    this.#type = type
    this.#sdp = sdp
  }

  get type(): RTCSdpType | null {
    return this.#type
  }
  set type(value: unknown) {
    if (!IN_FIREFOX && (value === null || value === undefined)) {
      this.#type = null
      return
    }
    const word = domString(value)
    const known = isSdpType(word)
    if (!known && !IN_FIREFOX) throw new TypeError(`'${word}' is not a valid enum value of type RTCSdpType.`)
    this.#type = known ? word : this.#type
  }

  get sdp(): string | null {
    return this.#sdp
  }
  set sdp(value: unknown) {
    this.#sdp = !IN_FIREFOX && (value === null || value === undefined) ? null : domString(value)
  }

  toJSON(): { type: RTCSdpType | null; sdp: string | null } {
    return { type: this.#type, sdp: this.#sdp }
  }
}

/** Converts an RTCSessionDescriptionInit to plain data. Throws TypeError if it isn't one. */
export function descriptionInit(value: unknown): DescriptionInit {
  const { type, sdp } = dictionary(value, 'RTCSessionDescriptionInit')
  return {
    ...(type === undefined ? {} : { type: enumeration(type, SDP_TYPES, 'RTCSdpType', 'offer') }),
    ...(sdp === undefined ? {} : { sdp: domString(sdp) }),
  }
}

/**
 * Returns the object for `next`: the previous one if nothing has changed, so that it keeps its identity.
 */
export function keptDescription(
  before: RTCSessionDescription | null,
  next: Description | null,
): RTCSessionDescription | null {
  if (next === null) return null
  return before !== null && before.type === next.type && before.sdp === next.sdp
    ? before
    : new RTCSessionDescription(next)
}

/** Whether Firefox wrote the description, which the name of the originator shows (RFC 8866, section 5.2). */
export function isOfFirefox({ sdp }: DescriptionInit): boolean {
  return sdp !== undefined && /^o=mozilla/mu.test(sdp)
}
