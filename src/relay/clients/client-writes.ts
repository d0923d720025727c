import type { RelayBounds } from '../bounds.ts'
import { QUEUED_WRITE_OVERHEAD_BYTES } from '../bounds.ts'
import type { ClientConnections } from './client-connections.ts'
import type { InputPause } from './input-pause.ts'
import type { StreamConnection } from './stream-connection.ts'

/**
 * Writes a client's Data to its connections. If their streams are too slow, the client's socket is paused
 * when a bound is exceeded, and resumed below half of it.
 */
export class ClientWrites {
  readonly #bounds: RelayBounds
  readonly #connections: ClientConnections
  readonly #pause: InputPause
  #queuedBytes = 0

  constructor(bounds: RelayBounds, connections: ClientConnections, pause: InputPause) {
    this.#bounds = bounds
    this.#connections = connections
    this.#pause = pause
  }

  /** Bytes that all connections queue for their streams. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /**
   * Writes to a connection. If its stream is full, returns a promise that resolves when the bytes were
   * written or dropped.
   */
  write(connection: StreamConnection, data: Uint8Array): void | Promise<void> {
    const handedOver = connection.write(data)
    if (handedOver === undefined) return
    const bytes = data.byteLength + QUEUED_WRITE_OVERHEAD_BYTES
    this.#queuedBytes += bytes
    const { maxQueuedBytesPerClient, maxQueuedBytesPerConnection } = this.#bounds
    if (this.#queuedBytes > maxQueuedBytesPerClient || connection.queuedBytes > maxQueuedBytesPerConnection) {
      this.#pause.add('streams')
    }
    return handedOver.then(() => {
      this.#queuedBytes -= bytes
      this.#resumeIfShort()
    })
  }

  #resumeIfShort(): void {
    if (!this.#pause.has('streams')) return
    const { maxQueuedBytesPerClient, maxQueuedBytesPerConnection } = this.#bounds
    if (this.#queuedBytes > maxQueuedBytesPerClient / 2) return
    for (const { connection } of this.#connections) {
      if (connection.queuedBytes > maxQueuedBytesPerConnection / 2) return
    }
    this.#pause.delete('streams')
  }
}
