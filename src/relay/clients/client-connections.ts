import type { RelayBounds } from '../bounds.ts'
import type { ConnectionEntry } from './connection-entry.ts'

/**
 * Bytes that every stream must be able to hold, because the remote may send a whole yamux window to a paused
 * stream.
 */
const MIN_UNREAD_BYTES = 4_194_304

/** The open connections of one client, by their IDs. Decides whether the client may have more. */
export class ClientConnections {
  readonly #bounds: RelayBounds
  readonly #byId = new Map<bigint, ConnectionEntry>()
  /** Open connections that each remote peer has opened to this client. */
  readonly #inboundByPeer = new Map<string, number>()
  #inboundCount = 0

  constructor(bounds: RelayBounds) {
    this.#bounds = bounds
  }

  get size(): number {
    return this.#byId.size
  }

  [Symbol.iterator](): Iterator<ConnectionEntry> {
    return this.#byId.values()
  }

  get(id: bigint): ConnectionEntry | undefined {
    return this.#byId.get(id)
  }

  add(entry: ConnectionEntry): void {
    this.#byId.set(entry.connection.id, entry)
    if (entry.origin.direction === 'inbound') this.#countInbound(entry.origin.peer, 1)
    this.#shareUnreadBytes()
  }

  delete(id: bigint): void {
    const entry = this.#byId.get(id)
    if (entry === undefined) return
    this.#byId.delete(id)
    if (entry.origin.direction === 'inbound') this.#countInbound(entry.origin.peer, -1)
    this.#shareUnreadBytes()
  }

  clear(): void {
    this.#byId.clear()
    this.#inboundByPeer.clear()
    this.#inboundCount = 0
  }

  /** Returns why the client may not send one more Connect, in words for the page; undefined if it may. */
  refusalOfConnect(pendingConnects: number): string | undefined {
    const { maxConnectionsPerClient } = this.#bounds
    if (this.size + pendingConnects < maxConnectionsPerClient) return undefined
    return `this page has ${maxConnectionsPerClient} connections, which is the limit`
  }

  /** Returns why a remote peer may not open one more connection to the client; undefined if it may. */
  refusalOfStream(remote: string, pendingConnects: number): string | undefined {
    const { maxConnectionsPerClient, maxInboundConnectionsPerClient, maxInboundConnectionsPerPeer } =
      this.#bounds
    if (this.size + pendingConnects >= maxConnectionsPerClient) return 'the client has too many connections'
    if (this.#inboundCount >= maxInboundConnectionsPerClient)
      return `other peers have opened ${this.#inboundCount} connections to the client, and the rest is reserved for its own`
    if ((this.#inboundByPeer.get(remote) ?? 0) >= maxInboundConnectionsPerPeer)
      return `the peer has opened ${maxInboundConnectionsPerPeer} connections to the client, which is its share`
    return undefined
  }

  #countInbound(remote: string, change: 1 | -1): void {
    this.#inboundCount += change
    const count = (this.#inboundByPeer.get(remote) ?? 0) + change
    if (count === 0) this.#inboundByPeer.delete(remote)
    else this.#inboundByPeer.set(remote, count)
  }

  /** Divides the client's allowance for unread bytes equally among its streams. */
  #shareUnreadBytes(): void {
    const share = this.#bounds.maxUnreadBytesPerClient / Math.max(1, this.size)
    const maxUnreadBytes = Math.max(MIN_UNREAD_BYTES, Math.floor(share))
    for (const { connection } of this) connection.maxUnreadBytes = maxUnreadBytes
  }
}
