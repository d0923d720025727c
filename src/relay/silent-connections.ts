import type { Connection } from '@libp2p/interface'
import type { ConnectionTraffic } from './connection-traffic.ts'

/**
 * The open connections on which a question had no answer while not a byte came in. They may be dead, so new streams and dials
 * pass them over. A connection counts as alive again once a byte arrives on it.
 */
export class SilentConnections {
  readonly #traffic: ConnectionTraffic
  /** Bytes that had come in on each when its question was asked. */
  readonly #inBytes = new WeakMap<Connection, number>()

  constructor(traffic: ConnectionTraffic) {
    this.#traffic = traffic
  }

  has(connection: Connection): boolean {
    return this.#inBytes.get(connection) === this.#traffic.of(connection).inBytes
  }

  /** Call it when a question is asked, and the function that it returns if no answer has come in time. */
  ask(connection: Connection): () => void {
    const { inBytes } = this.#traffic.of(connection)
    return () => {
      this.#inBytes.set(connection, inBytes)
    }
  }
}
