import { encodeClientMessage } from '../protocol/index.ts'
import { BoundedQueue } from './bounded-queue.ts'
import type { ClientError } from './client-error.ts'
import type { Connection, OpenConnection } from './connection.ts'
import type { Outbox } from './outbox.ts'

/** How listening ended. */
export interface ListenerEnd {
  reason: string
  /** Whether this side closed it. */
  clean: boolean
}

/**
 * The connections that peers open to one protocol: iterate over it to take them.
 *
 * Those that nobody takes are kept, up to `limits.maxBacklog`, and what arrives on them as well; any further one is closed
 * at once. Leaving the loop leaves the listener open. After `close()` iteration ends, and after the relay was lost it
 * throws `ERR_RELAY_LOST`.
 */
export interface Listener extends AsyncIterable<Connection> {
  readonly protocol: string
  readonly frames: boolean

  /** Stops listening. The listener's connections are closed as well, unless `retain` (false by default) is true. */
  close(options?: { retain?: boolean }): void

  /** Settles when the relay has said that listening is over, or is lost. Never rejects. */
  readonly closed: Promise<ListenerEnd>
}

/** What a listener is made of. */
export interface OpenListenerInit {
  protocol: string
  frames: boolean
  maxBacklog: number
  outbox: Outbox
}

/** The client's side of a listener: what users see of it is {@link Listener}. */
export class OpenListener implements Listener {
  readonly protocol: string
  readonly frames: boolean
  readonly closed: Promise<ListenerEnd>
  readonly #outbox: Outbox
  readonly #backlog: BoundedQueue<OpenConnection>
  /** Its connections that are open, so that they know who closed them when the listener takes them along. */
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

  /** Whether `close()` was called: the protocol may be listened on again. */
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

  /** A peer came. */
  offer(connection: OpenConnection): void {
    connection.waiting = true
    this.#connections.add(connection)
    void connection.closed.then(() => this.#connections.delete(connection))
    // Nobody is ever going to see it: there is no room, or it crossed our Stop on its way.
    if (!this.#backlog.push(connection, 1)) connection.refuse()
  }

  /** Listener Closed came, or `error` ended the relay. */
  finish(error?: ClientError): void {
    this.#backlog.end(this.#closing ? undefined : error)
    const reason = this.#closing ? 'closed by this side' : (error?.message ?? 'closed by the relay')
    this.#settleClosed({ reason, clean: this.#closing })
  }
}
