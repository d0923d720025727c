import type { ConnectMessage } from '../../protocol/index.ts'
import { decodePeerAddress } from '../../protocol/index.ts'
import { readPeerId } from '../addresses/peer-id.ts'
import type { RelayBounds } from '../bounds.ts'
import { GradualAborts } from '../dialing/gradual-aborts.ts'
import { messageOf } from '../log.ts'
import type { ClientConnections } from './client-connections.ts'
import type { ClientOutput } from './client-output.ts'
import type { ClientPeer, OpenedStream } from './client-peer.ts'
import { refusalOfDialledProtocol } from './protocol-rules.ts'

/** What {@link ClientConnects} needs of its client. */
export interface ClientConnectsInit {
  /** The client itself: dials are shared fairly among the clients. */
  client: object
  bounds: RelayBounds
  /** As in `RelayComponents`. */
  queueTask: (task: () => void) => void
  connections: ClientConnections
  output: ClientOutput
  /** Takes a stream that a Connect has opened; `remote` is the ID of the peer that was dialled. */
  opened(opened: OpenedStream, remote: string, message: ConnectMessage): void
  /** Notes a refusal for the status. */
  refused(remote: string, protocol: string, reason: string): void
}

/** The Connects of one client that have no answer yet. */
export class ClientConnects {
  readonly #init: ClientConnectsInit
  readonly #pending = new Set<AbortController>()
  readonly #aborts: GradualAborts

  constructor(init: ClientConnectsInit) {
    this.#init = init
    this.#aborts = new GradualAborts(init.queueTask)
  }

  get size(): number {
    return this.#pending.size
  }

  /** Handles one Connect and answers it. Does not reject. */
  async connect(peer: ClientPeer, message: ConnectMessage): Promise<void> {
    const { protocol, relay, lasting = true } = message
    const { bounds, client, connections, output } = this.#init
    const refusal = refusalOfDialledProtocol(protocol) ?? connections.refusalOfConnect(this.size)
    if (refusal !== undefined) {
      this.#refuse(message.peer, protocol, refusal)
      return
    }
    let name = message.peer
    const { connectTimeoutMs } = bounds
    const controller = new AbortController()
    this.#pending.add(controller)
    const gaveUp = new Error(`gave up after ${connectTimeoutMs / 1000} s`)
    const timer = setTimeout(() => this.#aborts.add(controller, gaveUp), connectTimeoutMs)
    const deadlineMs = performance.now() + connectTimeoutMs
    try {
      const target = decodePeerAddress(message.peer)
      name = target.peer
      const request = { client, target, protocol, relay, lasting, deadlineMs }
      const opened = await peer.dial(request, controller.signal)
      if (output.isClosed) {
        opened.stream.abort(gaveUp)
        return
      }
      // A page may compare this ID with that of an incoming connection, so both are in canonical form.
      this.#init.opened(opened, readPeerId(target.peer).toString(), message)
    } catch (error) {
      this.#refuse(name, protocol, messageOf(error))
    } finally {
      clearTimeout(timer)
      this.#pending.delete(controller)
    }
  }

  /** Aborts all Connects, a few in each task. */
  abortAll(reason: Error): void {
    for (const controller of this.#pending) this.#aborts.add(controller, reason)
  }

  #refuse(peer: string, protocol: string, error: string): void {
    if (this.#init.output.isClosed) return
    this.#init.refused(peer, protocol, error)
    this.#init.output.send({ type: 'peerConnectionRefused', peer, protocol, error })
  }
}
