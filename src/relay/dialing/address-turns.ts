import type { Multiaddr } from '@multiformats/multiaddr'
import { raceSignal } from '../timeouts.ts'
import type { DialTurns, EndTurn } from './dial-turns.ts'

/** The least time for one address, in milliseconds, however many addresses share the time that is left. */
const MIN_ADDRESS_TIMEOUT_MS = 2_000

/** An address that may be dialled now. */
export interface AddressTurn {
  address: Multiaddr
  /** Milliseconds for the address to answer. */
  shareMs: number
  /**
   * Lets the next dial begin. Call it as soon as the dial is over; otherwise the next iteration calls it,
   * unless the addresses are dialled side by side.
   */
  endTurn: EndTurn
}

/** What {@link AddressTurns} needs. */
export interface AddressTurnsInit {
  turns: DialTurns
  /** The client whose share of the turns is used. */
  client: object
  /** When `signal` aborts, on the clock of `performance.now()`. */
  deadlineMs: number
  signal: AbortSignal
  /** Returns the error for a Connect whose turn didn't come in time. */
  tooLate: () => Error
}

/** Takes a turn to dial for each address of one Connect, and divides the time among the addresses. */
export class AddressTurns {
  readonly #init: AddressTurnsInit
  readonly #tried = new Set<string>()

  constructor(init: AddressTurnsInit) {
    this.#init = init
  }

  /**
   * Yields each address that hasn't been yielded before, as soon as the client may dial. The addresses share
   * the time until `untilMs`. Time spent waiting for a turn doesn't count, up to the deadline of the Connect.
   *
   * With `sideBySide`, each has its turn until it calls `endTurn`, and all the time that is left.
   */
  async *over(
    addresses: Multiaddr[],
    untilMs: number,
    { sideBySide = false } = {},
  ): AsyncGenerator<AddressTurn, void> {
    let endMs = untilMs
    const left = addresses.filter((address) => !this.#tried.has(address.toString()))
    for (const [index, address] of left.entries()) {
      const askedMs = performance.now()
      if (askedMs >= endMs) return
      const endTurn = await this.#take()
      endMs = Math.min(this.#init.deadlineMs, endMs + performance.now() - askedMs)
      try {
        this.#tried.add(address.toString())
        const shareMs = Math.floor((endMs - performance.now()) / (sideBySide ? 1 : left.length - index))
        yield { address, shareMs: Math.max(MIN_ADDRESS_TIMEOUT_MS, shareMs), endTurn }
      } finally {
        if (!sideBySide) endTurn()
      }
    }
  }

  /** Rejects if the turn doesn't come early enough for an address to answer. */
  async #take(): Promise<EndTurn> {
    const { turns, client, deadlineMs, signal, tooLate } = this.#init
    const askedMs = performance.now()
    let endTurn: EndTurn | undefined
    try {
      endTurn = await turns.take(client, signal)
      const leftMs = deadlineMs - performance.now()
      if (leftMs >= MIN_ADDRESS_TIMEOUT_MS || leftMs > performance.now() - askedMs) return endTurn
      // It is too late to dial. Keep the turn until the deadline, because the dials that wait behind this one
      // are even later.
      return await raceSignal(new Promise<never>(() => undefined), signal)
    } catch {
      endTurn?.()
      throw tooLate()
    }
  }
}
