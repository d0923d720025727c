import type { PageSocket } from './page-socket.ts'
import { uncurried } from './uncurried.ts'

const add = uncurried(Set.prototype, 'add')
const remove = uncurried(Set.prototype, 'delete')
const forEach = uncurried(Set.prototype, 'forEach')

/**
 * The sockets of one constructor that are not CLOSED. Unbounded, because browsers don't limit how many
 * sockets a page makes either.
 */
export class OpenSockets {
  readonly #sockets = new Set<PageSocket>()
  #size = 0

  get size(): number {
    return this.#size
  }

  add(socket: PageSocket): void {
    add(this.#sockets, socket)
    this.#size += 1
  }

  /** Call this once for each socket that was added. */
  remove(socket: PageSocket): void {
    if (remove(this.#sockets, socket)) this.#size -= 1
  }

  forEach(action: (socket: PageSocket) => void): void {
    forEach(this.#sockets, (socket: PageSocket) => action(socket))
  }
}
