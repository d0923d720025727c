import type { RelayError } from '../../status/index.ts'
import { firstReasonOf, isTimeout, reservationStatusOf } from '../libp2p/error-texts.ts'

/** Why a relay gave no reservation: `message` is for whoever wonders, `kind` for whoever counts. */
export class ReservationError extends Error {
  override readonly name = 'ReservationError'
  readonly kind: RelayError['kind']

  constructor(kind: RelayError['kind'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

/** What the specification's status codes mean to whoever reads them. */
const REFUSALS: Readonly<Record<string, readonly [RelayError['kind'], string]>> = {
  RESERVATION_REFUSED: ['full', 'it refused: it has no reservation left'],
  RESOURCE_LIMIT_EXCEEDED: ['full', 'it refused: it is full, or gives no more to this address'],
  PERMISSION_DENIED: ['refused', 'it refused: it does not serve this peer'],
}

/** Where `signal` has ended it, the relay was only too slow. */
export function failureOf(kind: RelayError['kind'], error: unknown, signal: AbortSignal): ReservationError {
  return signal.aborted
    ? new ReservationError('slow', 'it did not answer in time', { cause: error })
    : new ReservationError(kind, firstReasonOf(error), { cause: error })
}

/** Explains why a circuit relay gave no reservation. js-libp2p wraps its answer in the failures of all addresses. */
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
