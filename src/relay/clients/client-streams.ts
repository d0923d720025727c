import type { RelayBounds } from '../bounds.ts'
import type { ClientStream } from './client-stream.ts'

/** The connections of one client by their IDs, and who may open more of them. */
export class ClientStreams {
  readonly #bounds: RelayBounds
  readonly #byId = new Map<bigint, ClientStream>()
  /** How many each remote peer has opened to this client. */
  readonly #inbound = new Map<string, number>()
  #inboundCount = 0

  constructor(bounds: RelayBounds) {
    this.#bounds = bounds
  }

  get size(): number {
    return this.#byId.size
  }

  [Symbol.iterator](): Iterator<ClientStream> {
    return this.#byId.values()
  }

  get(id: bigint): ClientStream | undefined {
    return this.#byId.get(id)
  }

  add(stream: ClientStream): void {
    this.#byId.set(stream.connection.id, stream)
    if (stream.origin.direction === 'inbound') this.#count(stream.origin.peer, 1)
  }

  delete(id: bigint): void {
    const stream = this.#byId.get(id)
    if (stream === undefined) return
    this.#byId.delete(id)
    if (stream.origin.direction === 'inbound') this.#count(stream.origin.peer, -1)
  }

  clear(): void {
    this.#byId.clear()
    this.#inbound.clear()
    this.#inboundCount = 0
  }

  /** Why this client may not Connect while so many of its Connects wait; undefined if it may. */
  refusalOfConnect(pendingConnects: number): string | undefined {
    const { maxConnectionsPerClient } = this.#bounds
    if (this.size + pendingConnects < maxConnectionsPerClient) return undefined
    return `this page has ${maxConnectionsPerClient} connections, which is the most`
  }

  /** Why a remote peer may not open one more connection while so many Connects wait; undefined if it may. */
  refusalOfStream(remote: string, pendingConnects: number): string | undefined {
    const { maxConnectionsPerClient, maxInboundConnectionsPerClient, maxInboundConnectionsPerPeer } =
      this.#bounds
    if (this.size + pendingConnects >= maxConnectionsPerClient) return 'the client has too many connections'
    if (this.#inboundCount >= maxInboundConnectionsPerClient)
      return `others have opened ${this.#inboundCount} connections to the client: the rest is kept for its own`
    if ((this.#inbound.get(remote) ?? 0) >= maxInboundConnectionsPerPeer)
      return `the peer has opened ${maxInboundConnectionsPerPeer} connections to the client, which is its share`
    return undefined
  }

  #count(remote: string, change: 1 | -1): void {
    this.#inboundCount += change
    const count = (this.#inbound.get(remote) ?? 0) + change
    if (count === 0) this.#inbound.delete(remote)
    else this.#inbound.set(remote, count)
  }
}
