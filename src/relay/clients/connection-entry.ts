import type { Connection } from '@libp2p/interface'
import type { StreamStatus } from '../../status/index.ts'
import { pathOf } from '../connection-status.ts'
import type { StreamConnection } from './stream-connection.ts'

/** Who opened a client's connection, and for what. */
export interface ConnectionOrigin {
  peer: string
  protocol: string
  /** `inbound` if a remote peer opened it to a listener, `outbound` if the client opened it with a Connect. */
  direction: 'inbound' | 'outbound'
  /** The libp2p connection that carries the stream. Undefined between two clients of the same peer. */
  link: Connection | undefined
}

/** One connection of a client, with its origin. */
export class ConnectionEntry {
  readonly connection: StreamConnection
  readonly origin: ConnectionOrigin
  readonly #openedMs = Date.now()

  constructor(connection: StreamConnection, origin: ConnectionOrigin) {
    this.connection = connection
    this.origin = origin
  }

  get status(): StreamStatus {
    const { id, traffic, queuedBytes } = this.connection
    const { link, ...origin } = this.origin
    return {
      id: id.toString(),
      ...origin,
      openedMs: this.#openedMs,
      path: link === undefined ? 'loopback' : pathOf(link),
      ...(link === undefined ? {} : { connection: link.id }),
      queuedBytes,
      ...traffic,
    }
  }
}
