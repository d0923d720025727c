import type { ReservationFailure } from '../../status/index.ts'
import { MAX_RESERVATION_ATTEMPTS } from '../libp2p-node.ts'
import { messageOf } from '../log.ts'
import { timeoutSignal } from '../timeouts.ts'
import type { CircuitRelayCandidate } from './circuit-relay-candidates.ts'
import { ReservationError } from './reservation-error.ts'
import type { Reservation, ReservationListeners } from './reservation-listeners.ts'

/** Milliseconds for one attempt: to reach a circuit relay, to make a reservation and to prove it. */
const ATTEMPT_TIMEOUT_MS = 10_000
/**
 * Milliseconds after which an attempt is slow. It continues, and the next candidate is tried at the same
 * time.
 */
const SLOW_ATTEMPT_MS = 1_500

/** Why an attempt failed. */
export type AttemptFailure = Pick<ReservationFailure, 'kind' | 'message'>

/** How an attempt ended. */
export type AttemptOutcome = { reservation: Reservation } | { failure: AttemptFailure }

/** What {@link ReservationAttempts} needs. */
export interface ReservationAttemptsInit {
  listeners: ReservationListeners
  /** Aborted when the peer stops, which ends all attempts. */
  stopping: AbortSignal
  /** Called when an attempt has become slow. */
  slowed: () => void
}

/** The running attempts to get a reservation: {@link MAX_RESERVATION_ATTEMPTS} at most. */
export class ReservationAttempts {
  readonly #init: ReservationAttemptsInit
  /** Attempts that are not slow yet. */
  readonly #prompt = new Set<CircuitRelayCandidate>()
  /** All attempts, slow ones included. */
  #running = 0

  constructor(init: ReservationAttemptsInit) {
    this.#init = init
  }

  get isFull(): boolean {
    return this.#running >= MAX_RESERVATION_ATTEMPTS
  }

  /**
   * The number of attempts that are not slow yet. They count as reservations when it is decided whether to
   * try another candidate.
   */
  get promptCount(): number {
    return this.#prompt.size
  }

  /** Asks a circuit relay for a reservation, and notes in the candidate when and how long. Never rejects. */
  async run(candidate: CircuitRelayCandidate): Promise<AttemptOutcome> {
    const { listeners, stopping, slowed } = this.#init
    const triedMs = performance.now()
    candidate.state = { kind: 'trying', sinceMs: Date.now() }
    candidate.triedMs = triedMs
    this.#prompt.add(candidate)
    this.#running += 1
    const slow = setTimeout(() => {
      this.#prompt.delete(candidate)
      slowed()
    }, SLOW_ATTEMPT_MS)
    try {
      const signal = AbortSignal.any([stopping, timeoutSignal(ATTEMPT_TIMEOUT_MS)])
      return { reservation: await listeners.reserve(candidate.id, candidate.addresses, signal) }
    } catch (error) {
      return { failure: failureOf(error) }
    } finally {
      candidate.tookMs = performance.now() - triedMs
      clearTimeout(slow)
      this.#prompt.delete(candidate)
      this.#running -= 1
    }
  }
}

function failureOf(error: unknown): AttemptFailure {
  const kind = error instanceof ReservationError ? error.kind : 'unreachable'
  return { kind, message: messageOf(error).split('\n')[0] ?? '' }
}
