// The file is long because it has all methods of the public class.

import type { ConnectionFlags, IdentifyMessage, ServerMessage, Subprotocol } from '../protocol/index.ts'
import { SUBPROTOCOL, decodeServerMessage, encodeClientMessage } from '../protocol/index.ts'
import { Answer } from './answer.ts'
import { assertProtocolName, encoded } from './arguments.ts'
import { ClientError } from './client-error.ts'
import type { ClientEventMap } from './client-events.ts'
import { ClientErrorEvent } from './client-events.ts'
import type { ClientEnd, DialOptions, DialTarget, ListenOptions } from './client-options.ts'
import type { Connection, ConnectionEnd } from './connection.ts'
import type { OpenConnection } from './open-connection.ts'
import { endOf } from './open-connection.ts'
import { readTarget } from './dial-target.ts'
import type { ClientLimits } from './limits.ts'
import type { Listener } from './listener.ts'
import { Listeners } from './listeners.ts'
import type { OpenedConnection } from './open-connections.ts'
import { OpenConnections } from './open-connections.ts'
import { Outbox } from './outbox.ts'
import type { PeerFinder } from './peer-finder.ts'
import { PeerFinders } from './peer-finders.ts'
import { PendingDials } from './pending-dials.ts'
import { watchSocketEnd } from './socket-end.ts'
import { TypedEventTarget } from './typed-event-target.ts'
import type { WebSocketLike } from './web-socket-like.ts'

/** The reason in Connection Closed if the relay doesn't know the ID of a Data message. */
const UNKNOWN_CONNECTION = 'unknown connection'

/** Options of a {@link Client}, which only `connect` creates. */
export interface ClientInit {
  url: string
  socket: WebSocketLike
  key: string
  limits: Readonly<ClientLimits>
  /** See `OutboxInit`. */
  copiesOnSend: boolean
  signal?: AbortSignal | undefined
}

/**
 * A page's access to its libp2p peer, over one WebSocket to a relay in a SharedWorker or a Node process. This
 * is the page's end of the socket. The relay's end is `src/relay/clients/client.ts`.
 *
 * `connect` creates it, and the peer is identified from then on. Its events are those of {@link
 * ClientEventMap}. When the WebSocket ends, everything that is waiting fails with `ERR_RELAY_LOST`, and all
 * connections and listeners end.
 */
export class Client extends TypedEventTarget<ClientEventMap> {
  /** Resolves when the WebSocket has ended. Never rejects. */
  readonly closed: Promise<ClientEnd>
  readonly #url: string
  readonly #socket: WebSocketLike
  readonly #key: string
  readonly #limits: Readonly<ClientLimits>
  readonly #outbox: Outbox
  readonly #connections: OpenConnections
  readonly #listeners: Listeners
  readonly #dials: PendingDials
  readonly #finders: PeerFinders
  readonly #identified: Answer<this>
  readonly #refreshes = new Set<Answer<void>>()
  #settleClosed: (end: ClientEnd) => void = () => undefined
  #greeted = false
  #identity: IdentifyMessage = { type: 'identify', public: false, peer: '', addresses: [], key: '' }
  /** The text of the last message, if it was a Protocol Error. */
  #lastError = ''
  /** Set once the client has ended. */
  #lost: ClientError | undefined

  constructor(init: ClientInit) {
    super()
    this.#url = init.url
    this.#socket = init.socket
    this.#key = init.key
    this.#limits = init.limits
    this.#outbox = new Outbox(init.socket, { ...init.limits, copiesOnSend: init.copiesOnSend })
    this.#connections = new OpenConnections(this.#outbox, init.limits)
    this.#listeners = new Listeners({ maxBacklog: init.limits.maxBacklog, outbox: this.#outbox })
    this.#dials = new PendingDials(
      ({ message }) => this.#outbox.command(message),
      init.limits.maxPendingDials,
    )
    this.#finders = new PeerFinders({ maxFoundPeers: init.limits.maxFoundPeers, outbox: this.#outbox })
    this.#identified = this.#answer('the relay to identify the peer', init.signal)
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve
    })
    const { socket } = init
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('message', (event) => this.#receive(event.data))
    watchSocketEnd(
      socket,
      this.#url,
      () => this.#greeted,
      (error) => this.#end(error, false),
    )
  }

  /** Settles with the first Identify, which `connect` waits for. */
  get identified(): Promise<this> {
    return this.#identified.promise
  }

  /** What the WebSocket speaks, once it is open. */
  get subprotocol(): Subprotocol {
    return this.#socket.protocol === SUBPROTOCOL ? SUBPROTOCOL : ''
  }

  /** Your peer's ID. */
  get peer(): string {
    return this.#identity.peer
  }

  /** Your peer's multiaddrs, without its own `/p2p/…` at the end. */
  get addresses(): readonly string[] {
    return this.#identity.addresses
  }

  /** Whether other peers can dial one of the addresses, directly or through a circuit relay. */
  get public(): boolean {
    return this.#identity.public
  }

  /**
   * Your peer's private key, as base64 of its libp2p protobuf. Empty if the relay doesn't trust this page
   * with it.
   */
  get key(): string {
    return this.#identity.key
  }

  /**
   * Listens on a protocol.
   *
   * Rejects with `ERR_LISTEN_REFUSED`, whose message says why, `ERR_INVALID_ARGUMENT` for an invalid protocol
   * name, `ERR_TIMEOUT`, `ERR_RELAY_LOST`, or the signal's reason. A listener that opens after a rejection is
   * closed immediately.
   */
  async listen(protocol: string, options: ListenOptions = {}): Promise<Listener> {
    const { frames = true, signal } = options
    this.#assertOpen(signal)
    assertProtocolName(protocol)
    this.#listeners.assertFree(protocol)
    const message = encoded(() =>
      encodeClientMessage({ type: 'listen', ...this.#flagsOf(options), protocol }),
    )
    const answer: Answer<Listener> = this.#answer(`the relay to listen on ${protocol}`, signal)
    this.#listeners.ask(protocol, frames, answer)
    this.#outbox.command(message)
    return answer.promise
  }

  /**
   * Opens a connection to a peer.
   *
   * Rejects with `ERR_DIAL_REFUSED`, whose message says what was tried, `ERR_TOO_MANY_DIALS`,
   * `ERR_INVALID_ARGUMENT`, `ERR_TIMEOUT`, `ERR_RELAY_LOST`, or the signal's reason. A connection that opens
   * after a rejection is closed immediately.
   */
  async dial(target: DialTarget, protocol: string, options: DialOptions = {}): Promise<Connection> {
    const { relay = '', signal } = options
    this.#assertOpen(signal)
    assertProtocolName(protocol)
    const { text, peer } = readTarget(target)
    const flags = this.#flagsOf(options)
    const message = encoded(() =>
      encodeClientMessage({ type: 'connect', ...flags, relay, protocol, peer: text }),
    )
    const answer: Answer<Connection> = this.#answer(`the relay to reach ${peer}`, signal)
    try {
      this.#dials.add({ message, target: text, peer, protocol, frames: flags.frames, answer })
    } catch (error) {
      answer.reject(error)
    }
    return answer.promise
  }

  /**
   * Registers your peer under a namespace, and finds the other peers that are registered there: at the
   * rendezvous points of your peer's network, and in the DHT if it takes part in one. It goes on until the
   * finder is closed or `signal` is aborted.
   *
   * Throws `ERR_NOT_SUPPORTED` if the relay doesn't know the subprotocol, `ERR_INVALID_ARGUMENT` for an
   * invalid namespace or one that this client already looks in, `ERR_RELAY_LOST`, or the signal's reason.
   *
   * @param namespace 1 to 255 bytes of UTF-8; rendezvous points can read it, so hash what is secret
   */
  findPeers(namespace: string, { signal }: { signal?: AbortSignal } = {}): PeerFinder {
    this.#assertOpen(signal)
    if (this.subprotocol === '')
      throw new ClientError('ERR_NOT_SUPPORTED', 'The relay cannot find peers: it is too old.')
    return this.#finders.find(namespace, signal)
  }

  /**
   * Asks the relay for `peer`, `addresses` and `public`. A relay that knows the subprotocol sends them after
   * every change, so you need this only where `subprotocol` is empty.
   *
   * Rejects with `ERR_TIMEOUT`, `ERR_RELAY_LOST`, or the signal's reason.
   */
  async refresh({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    this.#assertOpen(signal)
    const answer: Answer<void> = this.#answer('the relay to identify the peer', signal)
    // Concurrent calls share one request.
    if (this.#refreshes.size === 0) this.#outbox.command(encodeClientMessage({ type: 'start', key: '' }))
    this.#refreshes.add(answer)
    try {
      return await answer.promise
    } finally {
      this.#refreshes.delete(answer)
    }
  }

  /** Closes the WebSocket. Sent data is still delivered; everything else ends now. */
  close(): void {
    this.#end(new ClientError('ERR_RELAY_LOST', 'this client was closed'), true)
    this.#socket.close(1000)
  }

  #receive(data: unknown): void {
    if (this.#lost !== undefined) return
    this.#outbox.check()
    const message = this.#decode(data)
    if (message === undefined) return
    if (message.type === 'hello') this.#hello(message.started)
    else if (this.#greeted) this.#handle(message)
    else this.#violation(`${message.type} was sent before Hello`)
  }

  #handle(message: Exclude<ServerMessage, { type: 'hello' }>): void {
    // A Protocol Error immediately before Listen Refused has its reason.
    const reason = this.#lastError
    this.#lastError = message.type === 'error' ? message.message : ''
    switch (message.type) {
      case 'identify':
        return this.#onIdentify(message)
      case 'listening':
        if (this.#listeners.listening(message.protocol)) return
        return this.#violation(`unexpected Listening on ${message.protocol}`)
      case 'listenRefused':
        if (this.#listeners.refused(message.protocol, reason)) return
        return this.#violation(`unexpected Listen Refused for ${message.protocol}`)
      case 'listenerConnection':
        return this.#listenerConnection(message.id, message.peer, message.protocol)
      case 'listenerClosed':
        if (this.#listeners.closed(message.protocol)) return
        return this.#violation(`unexpected Listener Closed for ${message.protocol}`)
      case 'peerConnection':
        return this.#peerConnection(message.id, message.peer, message.protocol)
      case 'peerConnectionRefused':
        return this.#peerConnectionRefused(message.peer, message.protocol, message.error)
      case 'data': {
        const connection = this.#connections.get(message.id)
        if (connection === undefined) return this.#violation(`Data for the unknown connection ${message.id}`)
        return connection.receive(message.data)
      }
      case 'connectionClosed': {
        const connection = this.#connections.get(message.id)
        if (connection === undefined) {
          // Our Data crossed the end of its connection, and the relay no longer knows the ID.
          if (message.reason === UNKNOWN_CONNECTION) return
          return this.#violation(`Connection Closed for the unknown connection ${message.id}`)
        }
        return this.#connections.finish(connection, endOf(message.reason))
      }
      case 'remoteClosedWrite': {
        const connection = this.#connections.get(message.id)
        if (connection !== undefined) return connection.remoteClosedWrite()
        return this.#violation(`Remote Closed Write for the unknown connection ${message.id}`)
      }
      case 'linkChanged':
        return this.#connections.changeLink(message.id, message.state)
      case 'peerFound':
        return this.#finders.found(message)
      case 'error':
        return this.#protocolError(`the relay says: ${message.message}`)
      default:
        return message satisfies never
    }
  }

  #onIdentify(message: IdentifyMessage): void {
    this.#identity = message
    if (this.#identified.waiting) return this.#identified.resolve(this)
    for (const refresh of this.#refreshes) refresh.resolve()
    this.#refreshes.clear()
    this.dispatchEvent(new Event('identify'))
  }

  #hello(started: boolean): void {
    if (this.#greeted) return this.#violation('Hello was sent twice')
    this.#greeted = true
    if (!started) this.#outbox.command(encodeClientMessage({ type: 'start', key: this.#key }))
  }

  #listenerConnection(id: bigint, peer: string, protocol: string): void {
    const listener = this.#listeners.get(protocol)
    const connection = this.#open({ id, peer, protocol, direction: 'in', frames: listener?.frames ?? true })
    if (connection === undefined) return
    if (listener !== undefined) return listener.offer(connection)
    connection.close()
    this.#violation(`a connection for ${protocol}, on which this client does not listen`)
  }

  #peerConnection(id: bigint, peer: string, protocol: string): void {
    const dial = this.#dials.take(peer, protocol)
    const connection = this.#open({ id, peer, protocol, direction: 'out', frames: dial?.frames ?? true })
    if (connection === undefined) {
      dial?.answer.reject(new ClientError('ERR_PROTOCOL', `the relay used the ID ${id} twice`))
      return
    }
    if (dial?.answer.waiting === true) return dial.answer.resolve(connection)
    connection.close()
    if (dial === undefined) this.#violation(`an unexpected connection to ${peer} for ${protocol}`)
  }

  #peerConnectionRefused(peer: string, protocol: string, reason: string): void {
    const dial = this.#dials.take(peer, protocol)
    if (dial === undefined) return this.#violation(`an unexpected refusal of ${peer} for ${protocol}`)
    dial.answer.reject(new ClientError('ERR_DIAL_REFUSED', reason))
  }

  #open(init: OpenedConnection): OpenConnection | undefined {
    const connection = this.#connections.open(init)
    if (connection === undefined) this.#violation(`connection ${init.id} was opened twice`)
    return connection
  }

  #decode(data: unknown): ServerMessage | undefined {
    try {
      if (data instanceof ArrayBuffer) return decodeServerMessage(new Uint8Array(data), this.subprotocol)
    } catch (error) {
      this.#violation(error instanceof Error ? error.message : String(error), error)
      return undefined
    }
    this.#violation(`expected a binary message, got a ${typeof data}`)
    return undefined
  }

  #violation(what: string, cause?: unknown): void {
    this.#protocolError(`the relay broke the protocol: ${what}`, cause)
  }

  /**
   * Reports an error of the protocol. Before the first Identify, it means that the relay rejects the key in
   * Start.
   */
  #protocolError(message: string, cause?: unknown): void {
    const error = new ClientError('ERR_PROTOCOL', message, { cause })
    if (this.#identified.waiting) this.#identified.reject(error)
    else this.dispatchEvent(new ClientErrorEvent(error))
  }

  /**
   * Returns what Listen and Connect say of their connections. Without the subprotocol, only FRAMES exists.
   */
  #flagsOf({
    frames = true,
    lasting = true,
    allowHalfOpen = false,
  }: ListenOptions): Required<ConnectionFlags> {
    const isOld = this.subprotocol === ''
    return { frames, lasting: lasting || isOld, halfOpen: allowHalfOpen && !isOld }
  }

  #answer<T>(what: string, signal: AbortSignal | undefined): Answer<T> {
    return new Answer<T>({ what, signal, timeoutMs: this.#limits.answerTimeoutMs })
  }

  #assertOpen(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted()
    if (this.#lost !== undefined) throw this.#lost
  }

  /** Ends everything that depends on the WebSocket. Only the first call counts. */
  #end(error: ClientError, clean: boolean): void {
    if (this.#lost !== undefined) return
    this.#lost = error
    const end: ConnectionEnd = { reason: error.message, clean }
    this.#outbox.end(error)
    this.#identified.reject(error)
    for (const refresh of this.#refreshes) refresh.reject(error)
    this.#dials.rejectAll(error)
    this.#listeners.endAll(error)
    this.#finders.endAll(error)
    this.#connections.finishAll(end)
    this.#settleClosed(end)
    this.dispatchEvent(new Event('close'))
  }
}
