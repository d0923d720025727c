import type { Connection } from '@libp2p/interface'
import type { StreamStatus } from '../../status/index.ts'
import { pathOf } from '../connection-status.ts'
import type { StreamConnection } from './stream-connection.ts'

/** What a client's connection was made for. */
export interface StreamOrigin {
  peer: string
  protocol: string
  /** `inbound`: a listener has it. `outbound`: a Connect. */
  direction: 'inbound' | 'outbound'
  /** Undefined for a stream between two clients of one peer. */
  carrier: Connection | undefined
}

/** One connection of a client, with what it was made for. */
export class ClientStream {
  readonly connection: StreamConnection
  readonly origin: StreamOrigin
  readonly #openedMs = Date.now()

  constructor(connection: StreamConnection, origin: StreamOrigin) {
    this.connection = connection
    this.origin = origin
  }

  get status(): StreamStatus {
    const { id, traffic, queuedBytes } = this.connection
    const { carrier, ...origin } = this.origin
    return {
      id: id.toString(),
      ...origin,
      openedMs: this.#openedMs,
      path: carrier === undefined ? 'loopback' : pathOf(carrier),
      ...(carrier === undefined ? {} : { connection: carrier.id }),
      queuedBytes,
      ...traffic,
    }
  }
}
