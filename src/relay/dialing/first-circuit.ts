import type { Connection } from '@libp2p/interface'
import { pause } from '../timeouts.ts'
import type { AddressTurn } from './address-turns.ts'

/** Milliseconds until the next circuit is dialled beside those that have not answered. */
const NEXT_CIRCUIT_MS = 250
/** The most circuits that are dialled at the same time. */
export const MAX_SIDE_BY_SIDE = 3

/** What {@link firstCircuit} needs. */
export interface FirstCircuitInit {
  /** The circuits to dial, the best first. */
  turns: AsyncIterable<AddressTurn>
  /**
   * Dials one. Resolves to undefined if that has failed. `isFirst` is false while others are being dialled.
   */
  dial: (turn: AddressTurn, isFirst: boolean, signal: AbortSignal) => Promise<Connection | undefined>
  /** Called with a circuit that was opened although another one was faster. */
  release: (circuit: Connection) => void
}

/**
 * Dials circuits side by side, each a moment after the one before or as soon as that has failed, and returns
 * the first one that opens. So a circuit relay that is dead or slow holds the others up for a moment only.
 * Returns undefined if none opens. The other dials are aborted.
 */
export async function firstCircuit({
  turns,
  dial,
  release,
}: FirstCircuitInit): Promise<Connection | undefined> {
  const over = new AbortController()
  const running = new Set<Promise<void>>()
  const found: { circuit?: Connection } = {}
  let isFirst = true
  try {
    for await (const turn of turns) {
      const attempt = dial(turn, isFirst, over.signal)
        .then((circuit) => {
          if (circuit === undefined) return
          if (found.circuit === undefined && !over.signal.aborted) found.circuit = circuit
          else release(circuit)
        })
        .finally(() => running.delete(attempt))
      // The race below rejects with it too, unless another dial was faster.
      attempt.catch(() => undefined)
      running.add(attempt)
      isFirst = false
      await Promise.race([...running, pause(NEXT_CIRCUIT_MS, over.signal)])
      while (found.circuit === undefined && running.size >= MAX_SIDE_BY_SIDE) await Promise.race(running)
      if (found.circuit !== undefined) return found.circuit
    }
    while (found.circuit === undefined && running.size > 0) await Promise.race(running)
    return found.circuit
  } finally {
    over.abort(new Error('another circuit was faster'))
  }
}
