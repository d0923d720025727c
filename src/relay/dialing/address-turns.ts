import type { Multiaddr } from '@multiformats/multiaddr'
import { patiently } from '../timeouts.ts'
import type { DialTurns, EndTurn } from './dial-turns.ts'

/**
 * Every address gets at least this many milliseconds, so that a silent one doesn't use up the time of the
 * next ones.
 */
const MIN_ADDRESS_TIMEOUT_MS = 2_000

/** An address that may be dialled now. */
export interface AddressTurn {
  address: Multiaddr
  /** Milliseconds for the address to answer. */
  shareMs: number
  /**
   * Lets the next dial begin. Call it as soon as the dial is over; the end of the loop's step calls it too.
   */
  endTurn: EndTurn
}

/** Who takes the turns, and until when. */
export interface AddressTurnsInit {
  turns: DialTurns
  /** The client that turns are counted for. */
  client: object
  /** When `signal` aborts, by `performance.now()`. */
  deadlineMs: number
  signal: AbortSignal
  /** Returns the error for a Connect whose turn didn't come in time. */
  tooLate: () => Error
}

/**
 * Gives the addresses of one Connect their turns to be dialled, each address once, and divides the time among
 * them.
 */
export class AddressTurns {
  readonly #init: AddressTurnsInit
  readonly #tried = new Set<string>()

  constructor(init: AddressTurnsInit) {
    this.#init = init
  }

  /**
   * Yields each address that has had no turn yet, when it is the client's turn to dial. The time until
   * `untilMs` is divided among the addresses; waiting for a turn extends it, up to the deadline of the
   * Connect.
   */
  async *over(addresses: Multiaddr[], untilMs: number): AsyncGenerator<AddressTurn, void> {
    let endMs = untilMs
    const left = addresses.filter((address) => !this.#tried.has(address.toString()))
    for (const [index, address] of left.entries()) {
      const askedMs = performance.now()
      if (askedMs >= endMs) return
      const endTurn = await this.#take()
      endMs = Math.min(this.#init.deadlineMs, endMs + performance.now() - askedMs)
      try {
        this.#tried.add(address.toString())
        const shareMs = Math.floor((endMs - performance.now()) / (left.length - index))
        yield { address, shareMs: Math.max(MIN_ADDRESS_TIMEOUT_MS, shareMs), endTurn }
      } finally {
        endTurn()
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
      // Too late to dial. Keep the turn until the deadline, so that those behind, which are even later, don't
      // begin either.
      return await patiently(new Promise<never>(() => undefined), signal)
    } catch {
      endTurn?.()
      throw tooLate()
    }
  }
}
