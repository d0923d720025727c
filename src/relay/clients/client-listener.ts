import type { ListenMessage } from '../../protocol/index.ts'
import type { ListenerStatus, Traffic } from '../../status/index.ts'
import type { StreamConnection } from './stream-connection.ts'

/** One protocol that a client listens on, with the connections that it has accepted. */
export class ClientListener {
  readonly protocol: string
  readonly frames: boolean
  /** Whether its connections stay open after their remotes have ended their data. */
  readonly halfOpen: boolean
  readonly #open = new Map<bigint, StreamConnection>()
  #accepted = 0
  /** The traffic of connections that have ended. */
  readonly #ended: Traffic = { inBytes: 0, outBytes: 0 }

  constructor({ protocol, frames, halfOpen = false }: ListenMessage) {
    this.protocol = protocol
    this.frames = frames
    this.halfOpen = halfOpen
  }

  add(connection: StreamConnection): void {
    this.#accepted += 1
    this.#open.set(connection.id, connection)
  }

  /** Removes a connection that has ended, and keeps its traffic. */
  delete(id: bigint): void {
    const connection = this.#open.get(id)
    if (connection === undefined) return
    this.#open.delete(id)
    this.#ended.inBytes += connection.traffic.inBytes
    this.#ended.outBytes += connection.traffic.outBytes
  }

  /** The open connections. */
  get connections(): StreamConnection[] {
    return [...this.#open.values()]
  }

  get status(): ListenerStatus {
    const traffic = { ...this.#ended }
    for (const connection of this.#open.values()) {
      traffic.inBytes += connection.traffic.inBytes
      traffic.outBytes += connection.traffic.outBytes
    }
    const { protocol, frames } = this
    return { protocol, frames, open: this.#open.size, accepted: this.#accepted, ...traffic }
  }
}
