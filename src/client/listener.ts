import { encodeClientMessage } from '../protocol/index.ts'
import { BoundedQueue } from './bounded-queue.ts'
import type { ClientError } from './client-error.ts'
import type { Connection } from './connection.ts'
import type { OpenConnection } from './open-connection.ts'
import type { Outbox } from './outbox.ts'

/** How listening ended. */
export interface ListenerEnd {
  reason: string
  /** Whether this side closed it. */
  clean: boolean
}

/**
 * The connections that peers open to one protocol. Iterate over it to take them.
 *
 * Connections that are not taken wait with their messages, up to `limits.maxBacklog`. Further ones are reset.
 * Leaving the loop leaves the listener open. Iteration ends after `close()`, and throws `ERR_RELAY_LOST` if
 * the relay is lost.
 */
export interface Listener extends AsyncIterable<Connection> {
  readonly protocol: string
  readonly frames: boolean

  /** Stops listening. Also closes the listener's connections, unless `retain` (default false) is true. */
  close(options?: { retain?: boolean }): void

  /** Resolves when the relay confirms the end, or is lost. Never rejects. */
  readonly closed: Promise<ListenerEnd>
}

/** Options of an {@link OpenListener}. */
export interface OpenListenerInit {
  protocol: string
  frames: boolean
  maxBacklog: number
  outbox: Outbox
}

/** The implementation of {@link Listener}. */
export class OpenListener implements Listener {
  readonly protocol: string
  readonly frames: boolean
  readonly closed: Promise<ListenerEnd>
  readonly #outbox: Outbox
  readonly #backlog: BoundedQueue<OpenConnection>
  /** The listener's open connections, which `close()` marks as closed by this side. */
  readonly #connections = new Set<OpenConnection>()
  #settleClosed: (end: ListenerEnd) => void = () => undefined
  #closing = false

  constructor(init: OpenListenerInit) {
    this.protocol = init.protocol
    this.frames = init.frames
    this.#outbox = init.outbox
    this.#backlog = new BoundedQueue(init.maxBacklog)
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve
    })
  }

  /** Whether `close()` was called. The protocol can then be listened on again. */
  get closing(): boolean {
    return this.#closing
  }

  close(options: { retain?: boolean } = {}): void {
    if (this.#closing) return
    this.#closing = true
    const retain = options.retain ?? false
    if (!retain) {
      for (const connection of this.#connections) connection.expectEnd()
      for (const connection of this.#backlog.clear()) connection.close()
    }
    this.#backlog.end()
    this.#outbox.command(encodeClientMessage({ type: 'stop', retain, protocol: this.protocol }))
  }

  [Symbol.asyncIterator](): AsyncIterator<Connection, undefined> {
    return {
      next: async () => {
        const taken = await this.#backlog.next()
        if (taken.value !== undefined) taken.value.waiting = false
        return taken
      },
      return: () => this.#backlog.return(),
    }
  }

  /** Called with each incoming connection. */
  offer(connection: OpenConnection): void {
    connection.waiting = true
    this.#connections.add(connection)
    void connection.closed.then(() => this.#connections.delete(connection))
    // The backlog is full, or the connection was opened before the relay received our Stop.
    if (!this.#backlog.push(connection, 1)) connection.refuse()
  }

  /** Called when the listener has ended, by Listener Closed or because `error` ended the client. */
  finish(error?: ClientError): void {
    this.#backlog.end(this.#closing ? undefined : error)
    const reason = this.#closing ? 'closed by this side' : (error?.message ?? 'closed by the relay')
    this.#settleClosed({ reason, clean: this.#closing })
  }
}
