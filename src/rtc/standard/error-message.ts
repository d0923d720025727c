import { isRecord } from '../messages/guards.ts'
import type { RtcErrorDetail, PostedError } from '../messages/messages.ts'
import { ERROR_DETAILS, RTCError } from './rtc-error.ts'

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}

/**
 * Converts an error to plain data. An RTCError is recognised by its members: a worker's data channel reports
 * RTCErrors, but the worker has no such class.
 */
export function describeError(error: unknown): PostedError {
  if (isRecord(error) && typeof error['errorDetail'] === 'string') {
    return {
      kind: 'rtc',
      message: String(error['message']),
      detail: {
        errorDetail: error['errorDetail'],
        sdpLineNumber: numberOrNull(error['sdpLineNumber']),
        sctpCauseCode: numberOrNull(error['sctpCauseCode']),
        receivedAlert: numberOrNull(error['receivedAlert']),
        sentAlert: numberOrNull(error['sentAlert']),
      },
    }
  }
  if (error instanceof DOMException) return { kind: 'dom', name: error.name, message: error.message }
  if (error instanceof TypeError) return { kind: 'type', message: error.message }
  if (error instanceof RangeError) return { kind: 'range', message: error.message }
  return { kind: 'other', message: error instanceof Error ? error.message : String(error) }
}

/** Replaces an `errorDetail` that this class doesn't know: a tab's browser may know more of them. */
function knownDetail(detail: RtcErrorDetail): Partial<RtcErrorDetail> & { errorDetail: string } {
  const { errorDetail, ...numbers } = detail
  const present = Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== null))
  const known = (ERROR_DETAILS as readonly string[]).includes(errorDetail)
  return { errorDetail: known ? errorDetail : 'data-channel-failure', ...present }
}

/** Makes the error that {@link describeError} described, with the same class, name and message. */
export function reviveError(error: PostedError): Error {
  switch (error.kind) {
    case 'rtc':
      return new RTCError(knownDetail(error.detail), error.message)
    case 'dom':
      return new DOMException(error.message, error.name)
    case 'type':
      return new TypeError(error.message)
    case 'range':
      return new RangeError(error.message)
    case 'other':
      return new Error(error.message)
    default:
      return unreachable(error)
  }
}

/**
 * Returns the error if it is an RTCError, else an RTCError with its message: the `error` event of a channel
 * carries no other class.
 */
export function asRtcError(error: Error): RTCError {
  return error instanceof RTCError
    ? error
    : new RTCError({ errorDetail: 'data-channel-failure' }, error.message)
}

/** Ends an exhaustive switch: the compiler checks that it can't be reached. */
export function unreachable(value: never): never {
  throw new TypeError(`not a case that there is: ${JSON.stringify(value)}`)
}
