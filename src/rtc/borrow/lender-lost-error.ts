import { RTCError } from '../standard/rtc-error.ts'

/**
 * The tab that carried a connection was closed, crashed or stopped lending.
 *
 * It is the error of the connection's channels and of every operation that was waiting for the tab. `name` is
 * `OperationError`, as in every RTCError, so use `instanceof` to tell a lost tab from a failure of the
 * connection itself.
 */
export class LenderLostError extends RTCError {
  constructor(reason: string) {
    super({ errorDetail: 'data-channel-failure' }, reason)
  }
}
