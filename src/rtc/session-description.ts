import type { Description, DescriptionInit } from './messages.ts'
import { dictionary, domString, enumeration } from './webidl.ts'

const SDP_TYPES = ['offer', 'pranswer', 'answer', 'rollback'] as const

/** The standard's RTCSessionDescription: a type and an SDP text, both fixed. */
export class RTCSessionDescription {
  readonly #init: DescriptionInit

  /** Throws TypeError for a type that the standard does not know. */
  constructor(init?: unknown) {
    this.#init = descriptionInit(init)
  }

  get type(): RTCSdpType | undefined {
    return this.#init.type
  }

  get sdp(): string {
    return this.#init.sdp ?? ''
  }

  toJSON(): { type: RTCSdpType | undefined; sdp: string } {
    return { type: this.type, sdp: this.sdp }
  }

  get [Symbol.toStringTag](): string {
    return 'RTCSessionDescription'
  }
}

/** What a caller gave as a description, as plain data; throws TypeError for what is none. */
export function descriptionInit(value: unknown): DescriptionInit {
  const { type, sdp } = dictionary(value, 'RTCSessionDescriptionInit')
  return {
    ...(type === undefined ? {} : { type: enumeration(type, SDP_TYPES, 'RTCSdpType', 'offer') }),
    ...(sdp === undefined ? {} : { sdp: domString(sdp) }),
  }
}

/** The object for `next`: the one that was there before if nothing has changed, so that it keeps its identity. */
export function keptDescription(
  before: RTCSessionDescription | null,
  next: Description | null,
): RTCSessionDescription | null {
  if (next === null) return null
  return before !== null && before.type === next.type && before.sdp === next.sdp
    ? before
    : new RTCSessionDescription(next)
}

/** Whether Firefox wrote it: the name of the session's originator (RFC 8866, section 5.2) says so. */
export function isOfFirefox({ sdp }: DescriptionInit): boolean {
  return sdp !== undefined && /^o=mozilla/mu.test(sdp)
}
