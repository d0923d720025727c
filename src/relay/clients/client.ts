import type { Stream } from '@libp2p/interface'
import type { ClientMessage, IdentifyMessage, Subprotocol } from '../../protocol/index.ts'
import { ProtocolError, decodeClientMessage } from '../../protocol/index.ts'
import type { ClientStatus, Refusal } from '../../status/index.ts'
import type { RelayBounds } from '../bounds.ts'
import type { ControlSocket, ControlSocketHandlers } from '../control-socket.ts'
import { isOrderlyEnd } from '../control-socket.ts'
import type { StreamLink } from '../dialing/stream-link.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import { ClientConnections } from './client-connections.ts'
import { ClientConnects } from './client-connects.ts'
import { ClientFinders } from './client-finders.ts'
import type { ClientListener } from './client-listener.ts'
import { ClientListeners } from './client-listeners.ts'
import type { WaitsForClient } from './client-output.ts'
import { ClientOutput } from './client-output.ts'
import type { ClientPeer } from './client-peer.ts'
import { ClientWrites } from './client-writes.ts'
import { describeCloseReason } from './close-reason.ts'
import type { ConnectionOrigin } from './connection-entry.ts'
import { ConnectionEntry } from './connection-entry.ts'
import { LinkReport } from './link-report.ts'
import { InputPause } from './input-pause.ts'
import { StreamConnection } from './stream-connection.ts'

/** What a {@link Client} needs of the relay. */
export interface ClientInit {
  socket: ControlSocket
  /** What the socket speaks. */
  subprotocol: Subprotocol
  /** The client's name in the status. */
  name: string
  /** Returns the name to show to people, which may change. */
  label(): string
  bounds: RelayBounds
  log: Log
  /** As in `RelayComponents`. */
  queueTask: (task: () => void) => void
  /** Returns the peer, or undefined while it isn't running. */
  peer(): ClientPeer | undefined
  /** Starts the peer. Rejects, in words for the page, if it can't start or if another identity is running. */
  start(key: string): Promise<void>
  /** Returns the peer's identity, with the key only if this client may have it. */
  identify(): IdentifyMessage
  /** Notes for the status that something was refused. */
  refused(refusal: Pick<Refusal, 'what' | 'peer' | 'protocol' | 'reason'>): void
  closed(): void
}

/** How a connection of a client is set up. */
interface ConnectionOptions {
  frames: boolean
  halfOpen: boolean
  /** The listener that accepted it. Undefined for a Connect. */
  listener: ClientListener | undefined
}

/**
 * One control socket: reads the messages of its client, in order, and passes them on to the client's
 * listeners, Connects and connections.
 *
 * Nothing that a client sends makes it throw, and nothing that belongs to a client outlives its socket.
 */
export class Client implements ControlSocketHandlers {
  readonly #init: ClientInit
  readonly #connectedMs = Date.now()
  readonly #pause: InputPause
  readonly #output: ClientOutput
  readonly #connections: ClientConnections
  readonly #writes: ClientWrites
  readonly #listeners: ClientListeners
  readonly #connects: ClientConnects
  readonly #finders: ClientFinders
  /** Waits for a client that doesn't keep up, so that only the newest addresses are sent. */
  readonly #identityReport: WaitsForClient = { drain: () => this.identityChanged() }
  #nextId = 0n
  #identified = false

  constructor(init: ClientInit) {
    this.#init = init
    const { bounds, queueTask } = init
    this.#pause = new InputPause(init.socket)
    this.#output = new ClientOutput(init.socket, this.#pause)
    this.#connections = new ClientConnections(bounds)
    this.#writes = new ClientWrites(bounds, this.#connections, this.#pause)
    this.#listeners = new ClientListeners({
      bounds,
      output: this.#output,
      accept: (listener, stream, remote, link) => this.#accept(listener, stream, remote, link),
      refused: (protocol, reason) => init.refused({ what: 'listen', peer: '', protocol, reason }),
    })
    this.#connects = new ClientConnects({
      client: this,
      bounds,
      queueTask,
      connections: this.#connections,
      output: this.#output,
      opened: ({ stream, link }, remote, { protocol, frames, halfOpen = false }) => {
        const origin = { peer: remote, protocol, direction: 'outbound', link } as const
        this.#addConnection(stream, origin, { frames, halfOpen, listener: undefined })
      },
      refused: (peer, protocol, reason) => init.refused({ what: 'connect', peer, protocol, reason }),
    })
    this.#finders = new ClientFinders({
      maxNamespaces: bounds.maxNamespacesPerClient,
      output: this.#output,
      refused: (namespace, reason) => init.refused({ what: 'find', peer: '', protocol: namespace, reason }),
    })
    this.#output.send({ type: 'hello', started: init.peer() !== undefined })
    this.identify()
  }

  /** Sends Identify once the peer runs. Does nothing if the client already has it, until its next Start. */
  identify(): void {
    if (this.#identified || this.#init.peer() === undefined) return
    this.#identified = true
    this.#output.send(this.#init.identify())
  }

  /**
   * Sends Identify again, because addresses or PUBLIC have changed. A client of 2020 would take it for a new
   * start of the peer, so it gets none.
   */
  identityChanged(): void {
    if (this.#init.subprotocol === '' || !this.#identified || this.#init.peer() === undefined) return
    if (this.#output.keepsUp(this.#identityReport)) this.#output.send(this.#init.identify())
  }

  /** Describes the client, with at most `maxStreams` of its connections. */
  status(maxStreams: number): ClientStatus {
    const heldUp = this.#pause.oldest
    const unreadSinceMs = this.#output.fullSinceMs
    return {
      name: this.#init.name,
      label: this.#init.label(),
      connectedMs: this.#connectedMs,
      listeners: this.#listeners.statuses,
      streams: [...this.#connections].slice(0, maxStreams).map((entry) => entry.status),
      streamCount: this.#connections.size,
      pendingConnects: this.#connects.size,
      queuedBytes: this.#writes.queuedBytes,
      maxQueuedBytes: this.#init.bounds.maxQueuedBytesPerClient,
      ...(heldUp === undefined ? {} : { heldUp }),
      ...(unreadSinceMs === undefined ? {} : { unreadSinceMs }),
    }
  }

  message(data: Uint8Array | string): void | Promise<void> {
    const message = this.#decode(data)
    if (message === undefined) return
    if (message.type === 'start') return this.#start(message.key)
    const peer = this.#init.peer()
    if (peer === undefined || !this.#identified) {
      return this.#output.sendError(`${message.type} was sent before the peer was running: send Start first`)
    }
    switch (message.type) {
      case 'listen':
        return this.#listeners.listen(peer, message)
      case 'stop':
        return this.#listeners.stop(peer, message.protocol, message.retain)
      case 'connect':
        // Not returned, because later messages don't wait for the answer to a Connect.
        void this.#connects.connect(peer, message)
        return
      case 'close':
        void this.#connections.get(message.id)?.connection.close({ kind: 'closed' })
        return
      case 'reset':
        this.#connections.get(message.id)?.connection.reset({ kind: 'closed' })
        return
      case 'pause':
        this.#connections.get(message.id)?.connection.pause()
        return
      case 'resume':
        this.#connections.get(message.id)?.connection.resume()
        return
      case 'closeWrite':
        this.#connections.get(message.id)?.connection.closeWrite()
        return
      case 'findPeers':
        return this.#finders.find(peer, message.namespace)
      case 'stopFinding':
        return this.#finders.stop(message.namespace)
      case 'data':
        return this.#write(message.id, message.data)
      default:
        return message satisfies never
    }
  }

  drain(): void {
    this.#output.drain()
  }

  closed(end: { code: number }): void {
    this.#output.close()
    this.#pause.close()
    this.#connects.abortAll(new Error('the page is gone'))
    this.#listeners.clear(this.#init.peer())
    this.#finders.clear()
    for (const { connection } of this.#connections) connection.abandon(isOrderlyEnd(end))
    this.#connections.clear()
    this.#init.closed()
  }

  /** Resets every connection when the relay stops, because neither side has ended it. */
  stop(): void {
    for (const { connection } of this.#connections) connection.stop()
  }

  #decode(data: Uint8Array | string): ClientMessage | undefined {
    const { maxMessageBytes } = this.#init.bounds
    if (typeof data === 'string') {
      this.#output.sendError('text messages are not supported: the protocol is binary')
      return undefined
    }
    if (data.byteLength > maxMessageBytes) {
      this.#output.sendError(`the message has ${data.byteLength} bytes, but the limit is ${maxMessageBytes}`)
      return undefined
    }
    try {
      return decodeClientMessage(data, this.#init.subprotocol)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#output.sendError(error.message)
      return undefined
    }
  }

  async #start(key: string): Promise<void> {
    // A client that starts again gets a new Identify: the addresses may have changed since the last one.
    const asksAgain = this.#identified
    try {
      await this.#init.start(key)
      if (asksAgain) this.#identified = false
    } catch (error) {
      const reason = messageOf(error)
      this.#output.sendError(reason)
      this.#init.refused({ what: 'start', peer: '', protocol: '', reason })
      // A client that asked for another identity learns which one is running.
      if (this.#init.peer() !== undefined) this.#identified = false
    }
    this.identify()
  }

  #accept(listener: ClientListener, stream: Stream, remote: string, link: StreamLink): void {
    const { protocol, frames, halfOpen } = listener
    const refusal = this.#output.isClosed
      ? 'the client is gone'
      : this.#connections.refusalOfStream(remote, this.#connects.size)
    if (refusal !== undefined) {
      this.#init.refused({ what: 'accept', peer: remote, protocol, reason: refusal })
      stream.abort(new Error(refusal))
      return
    }
    const origin = { peer: remote, protocol, direction: 'inbound', link } as const
    this.#addConnection(stream, origin, { frames, halfOpen, listener })
  }

  #addConnection(stream: Stream, origin: ConnectionOrigin, options: ConnectionOptions): void {
    const { frames, halfOpen, listener } = options
    const id = this.#nextId++
    const { link } = origin
    const { bounds, log, queueTask, subprotocol } = this.#init
    const connection = new StreamConnection({
      id,
      stream,
      frames,
      halfOpen,
      // A loopback stream delivers the message buffers of the other client, which no longer needs them.
      ownsBuffers: link.state === 'local',
      bounds,
      log,
      queueTask,
      link,
      send: (message) => this.#output.sendData(connection, message),
      remoteClosedWrite: () => this.#output.send({ type: 'remoteClosedWrite', id }),
      ended: (reason) => {
        listener?.delete(id)
        this.#connections.delete(id)
        this.#output.forget(connection)
        linkReport?.end()
        this.#output.send({ type: 'connectionClosed', id, reason: describeCloseReason(reason) })
      },
    })
    listener?.add(connection)
    this.#connections.add(new ConnectionEntry(connection, origin))
    const linkReport = subprotocol === '' ? undefined : new LinkReport(id, link, this.#output)
    const type = origin.direction === 'inbound' ? 'listenerConnection' : 'peerConnection'
    this.#output.send({ type, id, peer: origin.peer, protocol: origin.protocol })
    connection.start()
  }

  #write(id: bigint, data: Uint8Array): void | Promise<void> {
    const connection = this.#connections.get(id)?.connection
    if (connection?.isWriteClosed === true)
      return this.#output.sendError(`Data was sent on connection ${id} after its Close Write`)
    if (connection !== undefined) return this.#writes.write(connection, data)
    // If the ID was in use before, Connection Closed is already on its way to the client.
    if (id >= this.#nextId) this.#output.send({ type: 'connectionClosed', id, reason: 'unknown connection' })
  }
}
