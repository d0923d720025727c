import type { ReservationFailure } from '../../status/index.ts'
import { firstReasonOf, isTimeout, reservationStatusOf } from '../libp2p/error-texts.ts'

/** Why there is no reservation on a circuit relay. Code decides by `kind`; `message` is for people. */
export class ReservationError extends Error {
  override readonly name = 'ReservationError'
  readonly kind: ReservationFailure['kind']

  constructor(kind: ReservationFailure['kind'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

/** What the status codes of the circuit relay v2 specification mean, for people. */
const REFUSALS: Readonly<Record<string, readonly [ReservationFailure['kind'], string]>> = {
  RESERVATION_REFUSED: ['full', 'it refused: it has no reservation left'],
  RESOURCE_LIMIT_EXCEEDED: ['full', 'it refused: it is full, or this address has its share'],
  PERMISSION_DENIED: ['refused', 'it refused: it does not serve this peer'],
}

/** Returns the error for a failed step. It is of the kind `slow` if `timeout` was aborted, else of `kind`. */
export function failureOf(
  kind: ReservationFailure['kind'],
  error: unknown,
  timeout: AbortSignal,
): ReservationError {
  return timeout.aborted
    ? new ReservationError('slow', 'it did not answer in time', { cause: error })
    : new ReservationError(kind, firstReasonOf(error), { cause: error })
}

/**
 * Returns the error for js-libp2p's failure to make a reservation, which it wraps in those of all addresses.
 */
export function refusalOf(error: unknown): ReservationError {
  const status = reservationStatusOf(error)
  if (status !== undefined) {
    const [kind, words] = REFUSALS[status] ?? (['refused', `it refused: ${status}`] as const)
    return new ReservationError(kind, words, { cause: error })
  }
  return isTimeout(error)
    ? new ReservationError('slow', 'it did not answer in time', { cause: error })
    : new ReservationError('refused', firstReasonOf(error), { cause: error })
}
