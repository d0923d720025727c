import { isRecord } from '../messages/guards.ts'
import type { RtcErrorDetail } from '../messages/messages.ts'
import { dictionary, domString, enumeration, long, unsignedLong } from './webidl.ts'

/** The values of `errorDetail` that both browsers know. */
export const ERROR_DETAILS = [
  'data-channel-failure',
  'dtls-failure',
  'fingerprint-failure',
  'sctp-failure',
  'sdp-syntax-error',
  'hardware-encoder-not-available',
  'hardware-encoder-error',
] as const

/** The standard's RTCErrorInit: only `errorDetail` is required. */
export type RtcErrorInit = Pick<RtcErrorDetail, 'errorDetail'> & Partial<RtcErrorDetail>

let isRtcError: (value: unknown) => value is RTCError

/**
 * The standard's RTCError (W3C WebRTC, "RTCError Interface"), which workers lack: a DOMException named
 * `OperationError` whose `errorDetail` says what failed.
 */
export class RTCError extends DOMException {
  static {
    isRtcError = (value): value is RTCError => isRecord(value) && #detail in value
  }

  readonly #detail: RtcErrorDetail

  /** Throws TypeError if `errorDetail` is missing or unknown. */
  constructor(init: RtcErrorInit, message: unknown = '') {
    const given = dictionary(init, 'RTCErrorInit')
    const { errorDetail, receivedAlert, sctpCauseCode, sdpLineNumber, sentAlert } = given
    if (errorDetail === undefined) throw new TypeError('RTCErrorInit: errorDetail is missing.')
    const orNull = (value: unknown, convert: (value: unknown) => number): number | null =>
      value === undefined ? null : convert(value)
    const detail = {
      errorDetail: enumeration(errorDetail, ERROR_DETAILS, 'RTCErrorDetailType', 'dtls-failure'),
      receivedAlert: orNull(receivedAlert, unsignedLong),
      sctpCauseCode: orNull(sctpCauseCode, long),
      sdpLineNumber: orNull(sdpLineNumber, long),
      sentAlert: orNull(sentAlert, unsignedLong),
    }
    super(domString(message), 'OperationError')
    this.#detail = detail
  }

  get errorDetail(): string {
    return this.#detail.errorDetail
  }
  get sdpLineNumber(): number | null {
    return this.#detail.sdpLineNumber
  }
  get sctpCauseCode(): number | null {
    return this.#detail.sctpCauseCode
  }
  get receivedAlert(): number | null {
    return this.#detail.receivedAlert
  }
  get sentAlert(): number | null {
    return this.#detail.sentAlert
  }
}

/** The standard's RTCErrorEvent: the `error` event of a data channel. */
export class RTCErrorEvent extends Event {
  readonly #error: RTCError

  /** Throws TypeError without an RTCError. */
  constructor(type: string, init: EventInit & { error: RTCError }) {
    super(type, init)
    const { error } = dictionary(init, 'RTCErrorEventInit')
    if (!isRtcError(error)) throw new TypeError('RTCErrorEventInit: error is not an RTCError.')
    this.#error = error
  }

  get error(): RTCError {
    return this.#error
  }
}
