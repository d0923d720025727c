import type { RtcErrorDetail } from './messages.ts'

/** What an {@link RTCError} is made from: only `errorDetail` is required, as in the standard. */
export type RtcErrorInit = Pick<RtcErrorDetail, 'errorDetail'> & Partial<RtcErrorDetail>

/**
 * The standard's RTCError (W3C WebRTC, "RTCError Interface"), which no worker has: a DOMException `OperationError` that
 * says what failed in `errorDetail`.
 */
export class RTCError extends DOMException {
  readonly errorDetail: string
  readonly sdpLineNumber: number | null
  readonly sctpCauseCode: number | null
  readonly receivedAlert: number | null
  readonly sentAlert: number | null

  constructor(init: RtcErrorInit, message = '') {
    super(message, 'OperationError')
    this.errorDetail = init.errorDetail
    this.sdpLineNumber = init.sdpLineNumber ?? null
    this.sctpCauseCode = init.sctpCauseCode ?? null
    this.receivedAlert = init.receivedAlert ?? null
    this.sentAlert = init.sentAlert ?? null
  }
}

/** The standard's RTCErrorEvent: the `error` event of a data channel. */
export class RTCErrorEvent extends Event {
  readonly error: RTCError

  constructor(type: string, init: EventInit & { error: RTCError }) {
    super(type, init)
    this.error = init.error
  }
}
