import { isRecord } from '../messages/guards.ts'
import type { Candidate } from '../messages/messages.ts'
import { dictionary, domString, unsignedShort } from './webidl.ts'

/** The fields of a candidate line (RFC 8839, section 5.1); all null if the text isn't one. */
interface CandidateFields {
  foundation: string | null
  component: RTCIceComponent | null
  protocol: RTCIceProtocol | null
  priority: number | null
  address: string | null
  port: number | null
  type: RTCIceCandidateType | null
  tcpType: RTCIceTcpCandidateType | null
  relatedAddress: string | null
  relatedPort: number | null
}

const NO_FIELDS: CandidateFields = {
  foundation: null,
  component: null,
  protocol: null,
  priority: null,
  address: null,
  port: null,
  type: null,
  tcpType: null,
  relatedAddress: null,
  relatedPort: null,
}

const TEXT =
  /^(?:a=)?candidate:(?<foundation>\S+) (?<component>[12]) (?<protocol>udp|tcp) (?<priority>\d{1,10}) (?<address>\S+) (?<port>\d{1,5}) typ (?<type>host|srflx|prflx|relay)(?<rest>(?: \S+)*) *$/i

function numberOrNull(text: string | undefined): number | null {
  return text === undefined ? null : Number(text)
}

function fieldsOf(text: string): CandidateFields {
  const groups = TEXT.exec(text)?.groups
  if (groups === undefined) return NO_FIELDS
  const rest = groups['rest'] ?? ''
  const extension = (name: string): string | undefined => new RegExp(`(?:^| )${name} (\\S+)`).exec(rest)?.[1]
  return {
    foundation: groups['foundation'] ?? null,
    component: groups['component'] === '1' ? 'rtp' : 'rtcp',
    // The expression matches only the values of these types.
    protocol: (groups['protocol'] ?? '').toLowerCase() as RTCIceProtocol,
    priority: numberOrNull(groups['priority']),
    address: groups['address'] ?? null,
    port: numberOrNull(groups['port']),
    type: (groups['type'] ?? '').toLowerCase() as RTCIceCandidateType,
    tcpType: (extension('tcptype') as RTCIceTcpCandidateType | undefined) ?? null,
    relatedAddress: extension('raddr') ?? null,
    relatedPort: numberOrNull(extension('rport')),
  }
}

/** Converts an RTCIceCandidateInit to plain data. Throws TypeError if it isn't an object. */
export function candidateInit(value: unknown): Candidate {
  const { candidate, sdpMid, sdpMLineIndex, usernameFragment } = dictionary(value, 'RTCIceCandidateInit')
  const textOrNull = (text: unknown): string | null =>
    text === undefined || text === null ? null : domString(text)
  return {
    candidate: candidate === undefined ? '' : domString(candidate),
    sdpMid: textOrNull(sdpMid),
    sdpMLineIndex:
      sdpMLineIndex === undefined || sdpMLineIndex === null ? null : unsignedShort(sdpMLineIndex),
    usernameFragment: textOrNull(usernameFragment),
  }
}

/** Whether the value is an instance of the class below. */
export let isIceCandidate: (value: unknown) => value is RTCIceCandidate

/**
 * The standard's RTCIceCandidate. The fields are parsed from its text, and are null if the text isn't a
 * candidate line.
 */
export class RTCIceCandidate {
  static {
    isIceCandidate = (value): value is RTCIceCandidate => isRecord(value) && #init in value
  }

  readonly #init: Candidate
  readonly #fields: CandidateFields
  readonly #unknown = null

  /** Throws TypeError if both `sdpMid` and `sdpMLineIndex` are missing. */
  constructor(init?: unknown) {
    this.#init = candidateInit(init)
    if (this.#init.sdpMid === null && this.#init.sdpMLineIndex === null) {
      throw new TypeError('sdpMid and sdpMLineIndex are both null.')
    }
    this.#fields = fieldsOf(this.#init.candidate)
  }

  get candidate(): string {
    return this.#init.candidate
  }
  get sdpMid(): string | null {
    return this.#init.sdpMid
  }
  get sdpMLineIndex(): number | null {
    return this.#init.sdpMLineIndex
  }
  get usernameFragment(): string | null {
    return this.#init.usernameFragment
  }
  get foundation(): string | null {
    return this.#fields.foundation
  }
  get component(): RTCIceComponent | null {
    return this.#fields.component
  }
  get protocol(): RTCIceProtocol | null {
    return this.#fields.protocol
  }
  get priority(): number | null {
    return this.#fields.priority
  }
  get address(): string | null {
    return this.#fields.address
  }
  get port(): number | null {
    return this.#fields.port
  }
  get type(): RTCIceCandidateType | null {
    return this.#fields.type
  }
  get tcpType(): RTCIceTcpCandidateType | null {
    return this.#fields.tcpType
  }
  get relatedAddress(): string | null {
    return this.#fields.relatedAddress
  }
  get relatedPort(): number | null {
    return this.#fields.relatedPort
  }
  /** Always null, as in a browser that doesn't know it: the tab doesn't report it. */
  get relayProtocol(): null {
    return this.#unknown
  }
  /** The tab does not say it: null, as in a browser that does not know it. */
  get url(): null {
    return this.#unknown
  }

  toJSON(): Candidate {
    return { ...this.#init }
  }
}
