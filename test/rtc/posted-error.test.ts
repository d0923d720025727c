import { expect, test } from 'vitest'
import { RTCError } from '../../src/rtc/standard/rtc-error.ts'
import { isPostedError } from '../../src/rtc/messages/state-guards.ts'
import { asRtcError, describeError, reviveError } from '../../src/rtc/standard/error-message.ts'

test.each([
  new DOMException('no', 'InvalidStateError'),
  new TypeError('no'),
  new RangeError('no'),
  new Error('no'),
])('%s keeps its class, name and message', (error) => {
  const posted: unknown = structuredClone(describeError(error))
  if (!isPostedError(posted)) throw new Error('not a posted error')
  const revived = reviveError(posted)
  expect(revived.constructor).toBe(error.constructor)
  expect([revived.name, revived.message]).toEqual([error.name, error.message])
})

test('an RTCError keeps its details', () => {
  const error = new RTCError({ errorDetail: 'sctp-failure', sctpCauseCode: 12 }, 'aborted')
  const revived = reviveError(describeError(error))
  expect(revived).toBeInstanceOf(RTCError)
  expect(revived).toMatchObject({
    name: 'OperationError',
    message: 'aborted',
    errorDetail: 'sctp-failure',
    sctpCauseCode: 12,
    sdpLineNumber: null,
  })
})

test('an error event has an RTCError whatever the error was', () => {
  expect(asRtcError(reviveError(describeError(new TypeError('too large'))))).toMatchObject({
    name: 'OperationError',
    message: 'too large',
    errorDetail: 'data-channel-failure',
  })
})

test('a thrown value that is not an error becomes one', () => {
  expect(reviveError(describeError('words')).message).toBe('words')
})
