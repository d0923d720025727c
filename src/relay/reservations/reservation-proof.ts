import type { Connection } from '@libp2p/interface'
import type { ProbeAnswer } from '../libp2p/circuit-probe.ts'
import type { CircuitReservations } from '../libp2p/circuit-reservations.ts'
import { timeoutSignal } from '../timeouts.ts'
import { ReservationError } from './reservation-error.ts'

/**
 * Milliseconds that a reservation must have left, by this machine's clock, to be believed without proof. One
 * that seems to end sooner either lies, or one of the two clocks is wrong.
 */
export const MIN_REMAINING_MS = 30_000
/** Milliseconds for a circuit from this peer to itself, including a second request. */
const PROBE_TIMEOUT_MS = 4_000

/**
 * Proves a reservation by asking its circuit relay for a circuit from this peer to itself.
 *
 * A circuit relay that opens no such circuits is believed, unless its reservation is about to end.
 *
 * @param connection the connection to the circuit relay
 * @param remainingMs milliseconds that the reservation has left
 * @throws ReservationError of the kind `untrue` if the reservation is of no use
 */
export async function proveReservation(
  reservations: CircuitReservations,
  connection: Connection,
  remainingMs: () => number,
  stopping: AbortSignal,
): Promise<void> {
  const timeout = timeoutSignal(PROBE_TIMEOUT_MS)
  const signal = AbortSignal.any([stopping, timeout])
  let answer: ProbeAnswer
  try {
    answer = await reservations.probe(connection, signal)
    // The circuit relay may have tried an old connection of this peer that is dead. It tries the new one next
    // time.
    if (answer === 'unknown') answer = await reservations.probe(connection, signal)
  } catch (error) {
    if (!timeout.aborted) throw error
    answer = 'no circuit'
  }
  switch (answer) {
    case 'works':
      return
    case 'no reservation':
      throw new ReservationError('untrue', 'it gave a reservation, but does not know it any more')
    case 'no circuit':
      throw new ReservationError('untrue', 'it gave a reservation, but opens no circuits')
    case 'unknown':
      if (remainingMs() < MIN_REMAINING_MS)
        throw new ReservationError('untrue', 'it gave a reservation that ends immediately')
      return
    default:
      answer satisfies never
  }
}
