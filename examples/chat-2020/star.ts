import type { Connection, LinkState } from '../../src/client/index.ts'
import type { Codec } from './message.ts'
import { sendBytes } from './talk.ts'

/**
 * Connections of a star, in total and per peer. A peer can join from several tabs, but not take all places.
 */
export const MAX_CONNECTIONS = 50
export const MAX_CONNECTIONS_PER_PEER = 10
/** Sent to a guest before it is turned away. No example has such a message of its own. */
const FULL = '{"name":"full"}'
/**
 * Milliseconds after which a guest counts as admitted by a silent host. A full host answers immediately, but
 * a host of 2020 may send nothing until somebody speaks.
 */
const SILENT_HOST_MS = 3_000

/** The host has no free place at the moment. */
export class FullError extends Error {
  override readonly name = 'FullError'
}

/**
 * A star of connections: guests connect only to the host, which forwards messages. A guest's star has a
 * single connection.
 */
export class Star<T> {
  readonly #codec: Codec<T>
  readonly #what: string
  readonly #isGuest: boolean | undefined
  readonly #changed: () => void
  readonly #connections = new Set<Connection>()
  readonly #audience = new Set<Connection>()
  readonly #byKey = new Map<string, Connection>()

  /**
   * @param what what {@link FullError} calls full, such as `room`
   * @param changed called after every change
   * @param isGuest whether connections lead to a host; by default, those that this page dialled do
   */
  constructor(codec: Codec<T>, what: string, changed: () => void, isGuest?: boolean) {
    this.#isGuest = isGuest
    this.#codec = codec
    this.#what = what
    this.#changed = changed
  }

  /**
   * Number of peers that receive forwarded messages: the host once it has admitted this guest, or the guests
   * that the host has answered.
   */
  get size(): number {
    return this.#audience.size
  }

  /**
   * Receives messages until the connection closes. Turns a guest away if the star is full.
   *
   * Rejects if the connection is lost, and with a {@link FullError} if the host is full.
   */
  async receive(connection: Connection, received: (message: T) => void): Promise<void> {
    const isToHost = this.#isGuest ?? connection.direction === 'out'
    if (
      this.#connections.size >= MAX_CONNECTIONS ||
      this.#countOf(connection.peer) >= MAX_CONNECTIONS_PER_PEER
    ) {
      sendBytes(connection, new TextEncoder().encode(FULL))
      return connection.close()
    }
    this.#connections.add(connection)
    connection.addEventListener('linkchange', this.#changed)
    this.#changed()
    const admit = (): void => {
      if (this.#audience.has(connection)) return
      this.#audience.add(connection)
      this.#changed()
    }
    const silence = isToHost ? setTimeout(admit, SILENT_HOST_MS) : undefined
    try {
      for await (const bytes of connection) {
        if (isToHost && isFull(bytes)) throw new FullError(`The ${this.#what} is full`)
        if (isToHost) admit()
        const message = this.#codec.read(bytes)
        if (message !== undefined) received(message)
      }
    } finally {
      clearTimeout(silence)
      this.#connections.delete(connection)
      this.#audience.delete(connection)
      for (const [key, other] of this.#byKey) if (other === connection) this.#byKey.delete(key)
      this.#changed()
    }
  }

  #countOf(peer: string): number {
    let count = 0
    for (const connection of this.#connections) if (connection.peer === peer) count += 1
    return count
  }

  /** Returns what carries the connection that {@link sendTo} was given with this key. */
  linkOf(key: string): LinkState | undefined {
    return this.#byKey.get(key)?.link
  }

  /**
   * Sends a message to one peer, which receives forwarded messages from now on. `key` is its key for {@link
   * linkOf}.
   */
  sendTo(connection: Connection, message: T, key?: string): void {
    if (this.#connections.has(connection)) this.#audience.add(connection)
    if (key !== undefined) this.#byKey.set(key, connection)
    sendBytes(connection, this.#codec.write(message))
  }

  /** Sends a message to every peer but `from`. */
  forward(message: T, from?: Connection): void {
    const bytes = this.#codec.write(message)
    for (const connection of this.#audience) if (connection !== from) sendBytes(connection, bytes)
    this.#changed()
  }
}

function isFull(bytes: Uint8Array): boolean {
  return bytes.byteLength === FULL.length && new TextDecoder().decode(bytes) === FULL
}
