import type { RelayError } from '../../status/index.ts'
import { messageOf } from '../log.ts'

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
    : new ReservationError(kind, firstLineOf(error), { cause: error })
}

/** What the relay has answered, which js-libp2p has wrapped into the failures of all addresses. */
export function refusalOf(error: unknown): ReservationError {
  const [, status] = /reservation failed with status (\w+)/.exec(messageOf(error)) ?? []
  if (status !== undefined) {
    const [kind, words] = REFUSALS[status] ?? (['refused', `it refused: ${status}`] as const)
    return new ReservationError(kind, words, { cause: error })
  }
  return /TimeoutError|AbortError|timed out|aborted/.test(messageOf(error))
    ? new ReservationError('slow', 'it did not answer in time', { cause: error })
    : new ReservationError('refused', firstLineOf(error), { cause: error })
}

/** The first reason, without the list of addresses that js-libp2p puts around it. */
function firstLineOf(error: unknown): string {
  const text = messageOf(error)
  const [, inner] = /^\s*\/\S+: \w*(?:Error|Exception): (.*)$/m.exec(text) ?? []
  return inner ?? text.split('\n')[0] ?? text
}
