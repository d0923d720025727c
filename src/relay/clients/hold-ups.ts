import type { ClientStatus } from '../../status/index.ts'
import type { ControlSocket } from '../control-socket.ts'

/** Why nothing is read from a client: its streams are not taking what it sent, or it is not taking answers. */
export type HoldUp = NonNullable<ClientStatus['heldUp']>['why']

/** Pauses a control socket for as long as there is a reason to. */
export class HoldUps {
  readonly #socket: Pick<ControlSocket, 'pause' | 'resume'>
  /** Each since when, in milliseconds since 1970; the oldest first. */
  readonly #sinceMs = new Map<HoldUp, number>()

  constructor(socket: Pick<ControlSocket, 'pause' | 'resume'>) {
    this.#socket = socket
  }

  has(why: HoldUp): boolean {
    return this.#sinceMs.has(why)
  }

  add(why: HoldUp): void {
    if (this.#sinceMs.size === 0) this.#socket.pause()
    if (!this.#sinceMs.has(why)) this.#sinceMs.set(why, Date.now())
  }

  /** Reads on if that was the last reason. */
  delete(why: HoldUp): void {
    if (this.#sinceMs.delete(why) && this.#sinceMs.size === 0) this.#socket.resume()
  }

  /** The reason that has lasted longest. */
  get oldest(): ClientStatus['heldUp'] {
    const [oldest] = this.#sinceMs
    return oldest === undefined ? undefined : { why: oldest[0], sinceMs: oldest[1] }
  }
}
