import type { StreamStatus } from '../../status/index.ts'
import { pathOf } from '../connection-status.ts'
import type { StreamLink } from '../dialing/stream-link.ts'
import type { StreamConnection } from './stream-connection.ts'

/** Who opened a client's connection, and for which protocol. */
export interface ConnectionOrigin {
  peer: string
  protocol: string
  /**
   * `inbound` if a remote peer opened it to a listener, `outbound` if the client opened it with a Connect.
   */
  direction: 'inbound' | 'outbound'
  /** What carries its stream. */
  link: StreamLink
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
      path: pathOfLink(link),
      ...(link.connection === undefined ? {} : { connection: link.connection.id }),
      ...(link.lasting === undefined ? {} : { lasting: link.lasting }),
      queuedBytes,
      ...traffic,
    }
  }
}

function pathOfLink({ state, connection }: StreamLink): StreamStatus['path'] {
  if (connection !== undefined) return pathOf(connection)
  return state === 'interrupted' ? 'interrupted' : 'loopback'
}
