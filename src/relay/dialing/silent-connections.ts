import type { Connection } from '@libp2p/interface'
import type { ConnectionTraffic, Progress } from '../libp2p/connection-traffic.ts'
import { hasMoved } from '../libp2p/connection-traffic.ts'

/**
 * Open connections that left a question unanswered while nothing else moved on them. They may be dead, so new
 * streams and dials avoid them. A connection counts as alive again once anything moves on it.
 */
export class SilentConnections {
  readonly #traffic: ConnectionTraffic
  /** The progress of each connection when its unanswered question was asked. */
  readonly #asked = new WeakMap<Connection, Progress>()

  constructor(traffic: ConnectionTraffic) {
    this.#traffic = traffic
  }

  has(connection: Connection): boolean {
    const before = this.#asked.get(connection)
    return before !== undefined && !hasMoved(before, this.#traffic.progressOf(connection))
  }

  /** Counts a connection as silent until something moves on it. */
  add(connection: Connection): void {
    this.#asked.set(connection, this.#traffic.progressOf(connection))
  }

  /** Call this when you ask a question. Call the returned function if no answer comes in time. */
  ask(connection: Connection): () => void {
    const before = this.#traffic.progressOf(connection)
    return () => {
      this.#asked.set(connection, before)
    }
  }
}
