import type { ClientStatus } from '../../status/index.ts'
import type { ControlSocket } from '../control-socket.ts'

/**
 * Why the relay doesn't read from a client: its `streams` are full, or it doesn't read the relay's `answers`.
 */
export type PauseReason = NonNullable<ClientStatus['heldUp']>['why']

/** Stops reading from a client while there is at least one reason to. */
export class InputPause {
  readonly #socket: Pick<ControlSocket, 'pause' | 'resume'>
  /** When each reason began, in milliseconds since 1970; the oldest first. */
  readonly #sinceMs = new Map<PauseReason, number>()
  #isClosed = false

  constructor(socket: Pick<ControlSocket, 'pause' | 'resume'>) {
    this.#socket = socket
  }

  has(reason: PauseReason): boolean {
    return this.#sinceMs.has(reason)
  }

  add(reason: PauseReason): void {
    if (this.#sinceMs.size === 0) this.#socket.pause()
    if (!this.#sinceMs.has(reason)) this.#sinceMs.set(reason, Date.now())
  }

  /** Removes a reason, and resumes the socket if it was the last one. */
  delete(reason: PauseReason): void {
    if (this.#isClosed) return
    if (this.#sinceMs.delete(reason) && this.#sinceMs.size === 0) this.#socket.resume()
  }

  /** Call this when the socket is gone: it is never resumed afterwards. */
  close(): void {
    this.#isClosed = true
  }

  /** The reason that has existed longest. */
  get oldest(): ClientStatus['heldUp'] {
    const [oldest] = this.#sinceMs
    return oldest === undefined ? undefined : { why: oldest[0], sinceMs: oldest[1] }
  }
}
