import type { Connection } from '@libp2p/interface'
import type { ConnectionTraffic, Progress } from '../libp2p/connection-traffic.ts'
import { hasMoved } from '../libp2p/connection-traffic.ts'

/**
 * The open connections on which a question had no answer while nothing else moved. They may be dead, so new streams and dials
 * pass them over. A connection counts as alive again once something moves on it.
 */
export class SilentConnections {
  readonly #traffic: ConnectionTraffic
  /** How far each had come when its question was asked. */
  readonly #asked = new WeakMap<Connection, Progress>()

  constructor(traffic: ConnectionTraffic) {
    this.#traffic = traffic
  }

  has(connection: Connection): boolean {
    const before = this.#asked.get(connection)
    return before !== undefined && !hasMoved(before, this.#traffic.progressOf(connection))
  }

  /** Call it when a question is asked, and the function that it returns if no answer has come in time. */
  ask(connection: Connection): () => void {
    const before = this.#traffic.progressOf(connection)
    return () => {
      this.#asked.set(connection, before)
    }
  }
}
