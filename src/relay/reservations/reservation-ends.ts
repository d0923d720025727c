interface End {
  /** As the circuit relay gave it, in milliseconds since 1970. */
  readonly wallMs: number
  /** The same moment on the clock of `performance.now()`. */
  readonly monotonicMs: number
}

/**
 * Measures how long reservations still last.
 *
 * A circuit relay gives the end of a reservation as a time of day. It is converted once, when it is new, so
 * that a wall clock that jumps afterwards neither lengthens nor shortens the reservation.
 */
export class ReservationEnds {
  readonly #byCircuitRelay = new Map<string, End>()

  /**
   * Returns the milliseconds that a reservation has left; negative if it is over.
   *
   * @param circuitRelay the peer ID of its circuit relay
   * @param wallMs its end as the circuit relay gave it last, in milliseconds since 1970
   */
  remainingMs(circuitRelay: string, wallMs: number): number {
    const nowMs = performance.now()
    let end = this.#byCircuitRelay.get(circuitRelay)
    if (end?.wallMs !== wallMs) {
      end = { wallMs, monotonicMs: nowMs + wallMs - Date.now() }
      this.#byCircuitRelay.set(circuitRelay, end)
    }
    return end.monotonicMs - nowMs
  }

  delete(circuitRelay: string): void {
    this.#byCircuitRelay.delete(circuitRelay)
  }
}
