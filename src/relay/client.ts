import type { Connection, Stream } from '@libp2p/interface'
import type { ClientMessage, ConnectMessage, IdentifyMessage, ServerMessage } from '../protocol/index.ts'
import {
  ProtocolError,
  decodeClientMessage,
  decodePeerAddress,
  encodeServerMessage,
} from '../protocol/index.ts'
import type { RelayBounds } from './bounds.ts'
import { MESSAGE_OVERHEAD_BYTES } from './bounds.ts'
import type { CloseReason } from './close-reason.ts'
import { describeCloseReason } from './close-reason.ts'
import { StreamConnection } from './connection.ts'
import type { ControlSocket, ControlSocketHandlers } from './control-socket.ts'
import type { DialRequest } from './dialer.ts'
import type { Link } from './link.ts'
import type { Listeners } from './listeners.ts'
import type { Log } from './log.ts'
import { messageOf } from './log.ts'

/** What a client reaches of the peer, once it runs. */
export interface ClientPeer {
  readonly id: string
  readonly listeners: Listeners
  /** What carried a stream, for the client that has lost it; `error` is the one that the stream ended with, if any. */
  lost(carrier: Connection, error: Error | undefined): Link
  /** Opens a stream to another client of this peer, or to another peer; rejects with a DialError. */
  dial(
    request: DialRequest,
    signal: AbortSignal,
  ): Promise<{ stream: Stream; connection: Connection | undefined }>
}

/** What a client reaches of the relay. */
export interface ClientInit {
  socket: ControlSocket
  /** What the status calls it. */
  name: string
  bounds: RelayBounds
  log: Log
  /** The peer, undefined while it is not running. */
  peer(): ClientPeer | undefined
  /** Starts the peer; rejects in words for the client if that is not possible, or if another identity runs. */
  start(key: string): Promise<void>
  /** Who the peer is, as this client may know it. */
  identify(): IdentifyMessage
  closed(): void
}

/** Bytes that a stream must be able to hold: a paused yamux stream may be sent its whole window. */
const MIN_UNREAD_BYTES = 4_194_304

interface OwnListener {
  frames: boolean
  connections: Set<bigint>
}

/**
 * One control socket: its listeners, its connections, the Connects that it waits for.
 *
 * Messages are handled in their order; nothing that a client sends throws, and nothing of it outlives its socket.
 */
export class Client implements ControlSocketHandlers {
  readonly #init: ClientInit
  readonly #connections = new Map<bigint, StreamConnection>()
  readonly #listeners = new Map<string, OwnListener>()
  /** Connections whose streams are paused until the socket drains, the one that waits longest first. */
  readonly #waiting = new Set<StreamConnection>()
  readonly #gone = new AbortController()
  #nextId = 0n
  #pendingConnects = 0
  #queuedBytes = 0
  /** Why nothing is read from the client at present: its streams are not taking what it sent, or it is not taking answers. */
  readonly #holdUps = new Set<'streams' | 'answers'>()
  #socketIsFull = false
  #identified = false

  constructor(init: ClientInit) {
    this.#init = init
    this.#send({ type: 'hello', started: init.peer() !== undefined })
    this.identify()
  }

  /** Tells who the peer is, once, as soon as it runs. */
  identify(): void {
    if (this.#identified || this.#init.peer() === undefined) return
    this.#identified = true
    this.#send(this.#init.identify())
  }

  get counts(): { name: string; listeners: string[]; connections: number; queuedBytes: number } {
    return {
      name: this.#init.name,
      listeners: [...this.#listeners.keys()],
      connections: this.#connections.size + this.#pendingConnects,
      queuedBytes: this.#queuedBytes,
    }
  }

  message(data: Uint8Array | string): void | Promise<void> {
    const message = this.#decode(data)
    if (message === undefined) return
    if (message.type === 'start') return this.#onStart(message.key)
    const peer = this.#init.peer()
    if (peer === undefined || !this.#identified) {
      return this.#protocolError(`${message.type} came before the peer runs: send Start first`)
    }
    switch (message.type) {
      case 'listen':
        return this.#onListen(peer, message.protocol, message.frames)
      case 'stop':
        return this.#onStop(peer, message.protocol, message.retain)
      case 'connect':
        // It is answered when it is done: the messages behind it do not wait.
        void this.#onConnect(peer, message)
        return
      case 'close':
        void this.#connections.get(message.id)?.close({ kind: 'closed' })
        return
      case 'data':
        return this.#onData(message.id, message.data)
      default:
        return message satisfies never
    }
  }

  drain(): void {
    this.#socketIsFull = false
    this.#letGo('answers')
    for (const connection of this.#waiting) {
      if (this.#socketIsFull) return
      this.#waiting.delete(connection)
      connection.resume()
    }
  }

  closed(): void {
    this.#gone.abort(new Error('the page is gone'))
    for (const protocol of this.#listeners.keys()) this.#init.peer()?.listeners.delete(protocol)
    this.#listeners.clear()
    for (const connection of this.#connections.values()) connection.abandon()
    this.#connections.clear()
    this.#init.closed()
  }

  #decode(data: Uint8Array | string): ClientMessage | undefined {
    if (typeof data === 'string') {
      this.#protocolError('a text message: the protocol is binary')
      return undefined
    }
    if (data.byteLength > this.#init.bounds.maxMessageBytes) {
      this.#protocolError(
        `a message of ${data.byteLength} bytes: ${this.#init.bounds.maxMessageBytes} is the most`,
      )
      return undefined
    }
    try {
      return decodeClientMessage(data)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#protocolError(error.message)
      return undefined
    }
  }

  async #onStart(key: string): Promise<void> {
    try {
      await this.#init.start(key)
    } catch (error) {
      this.#protocolError(messageOf(error))
      // Who asked for another identity is told which one runs, also if it has been told before.
      if (this.#init.peer() !== undefined) this.#identified = false
    }
    this.identify()
  }

  #onListen(peer: ClientPeer, protocol: string, frames: boolean): void {
    const listener: OwnListener = { frames, connections: new Set() }
    const accept = (stream: Stream, remote: string, connection: Connection | undefined): void =>
      this.#onStream(peer, listener, protocol, stream, remote, connection)
    const full = this.#listeners.size >= this.#init.bounds.maxListenersPerClient
    if (full || !peer.listeners.add(protocol, { accept })) {
      this.#send({ type: 'listenRefused', protocol })
      return
    }
    this.#listeners.set(protocol, listener)
    this.#send({ type: 'listening', protocol })
  }

  async #onStop(peer: ClientPeer, protocol: string, retain: boolean): Promise<void> {
    const listener = this.#listeners.get(protocol)
    if (listener === undefined) {
      this.#protocolError(`Stop: this page does not listen on ${protocol}`)
      return
    }
    this.#listeners.delete(protocol)
    peer.listeners.delete(protocol)
    if (!retain) {
      const closing = [...listener.connections].flatMap((id) => this.#connections.get(id) ?? [])
      await Promise.all(closing.map((connection) => connection.close({ kind: 'stopped' })))
    }
    this.#send({ type: 'listenerClosed', protocol })
  }

  async #onConnect(peer: ClientPeer, message: ConnectMessage): Promise<void> {
    const { protocol, frames, relay } = message
    let name = message.peer
    const { maxConnectionsPerClient, connectTimeoutMs } = this.#init.bounds
    if (this.#connections.size + this.#pendingConnects >= maxConnectionsPerClient) {
      const error = `this page has ${maxConnectionsPerClient} connections, which is the most`
      this.#send({ type: 'peerConnectionRefused', peer: name, protocol, error })
      return
    }
    this.#pendingConnects += 1
    const timeout = new AbortController()
    const gaveUp = new Error(`gave up after ${connectTimeoutMs / 1000} s`)
    const timer = setTimeout(() => timeout.abort(gaveUp), connectTimeoutMs)
    const deadlineMs = Date.now() + connectTimeoutMs
    try {
      const target = decodePeerAddress(message.peer)
      name = target.peer
      const signal = AbortSignal.any([this.#gone.signal, timeout.signal])
      const { stream, connection } = await peer.dial({ target, protocol, relay, deadlineMs }, signal)
      if (this.#gone.signal.aborted) {
        stream.abort(gaveUp)
        return
      }
      this.#addConnection(peer, stream, connection, frames, undefined, (id) => ({
        type: 'peerConnection',
        id,
        peer: target.peer,
        protocol,
      }))
    } catch (error) {
      this.#send({ type: 'peerConnectionRefused', peer: name, protocol, error: messageOf(error) })
    } finally {
      clearTimeout(timer)
      this.#pendingConnects -= 1
    }
  }

  #onStream(
    peer: ClientPeer,
    listener: OwnListener,
    protocol: string,
    stream: Stream,
    remote: string,
    connection: Connection | undefined,
  ): void {
    const full = this.#connections.size + this.#pendingConnects >= this.#init.bounds.maxConnectionsPerClient
    if (full || this.#gone.signal.aborted) {
      stream.abort(new Error(full ? 'the client has too many connections' : 'the client is gone'))
      return
    }
    this.#addConnection(peer, stream, connection, listener.frames, listener, (id) => ({
      type: 'listenerConnection',
      id,
      peer: remote,
      protocol,
    }))
  }

  #addConnection(
    peer: ClientPeer,
    stream: Stream,
    carrier: Connection | undefined,
    frames: boolean,
    listener: OwnListener | undefined,
    announce: (id: bigint) => ServerMessage,
  ): void {
    const id = this.#nextId++
    const connection = new StreamConnection({
      id,
      stream,
      frames,
      bounds: this.#init.bounds,
      log: this.#init.log,
      describeLink: (error) =>
        carrier === undefined
          ? { link: 'the other page of this peer is gone', limitReached: false }
          : peer.lost(carrier, error),
      send: (message) => {
        const keepsUp = this.#init.socket.send(message)
        if (!keepsUp) {
          this.#socketIsFull = true
          this.#waiting.add(connection)
        }
        return keepsUp
      },
      ended: (reason: CloseReason) => {
        listener?.connections.delete(id)
        this.#connections.delete(id)
        this.#shareUnread()
        this.#waiting.delete(connection)
        if (!this.#gone.signal.aborted) {
          this.#send({ type: 'connectionClosed', id, reason: describeCloseReason(reason) })
        }
      },
    })
    listener?.connections.add(id)
    this.#connections.set(id, connection)
    this.#shareUnread()
    this.#send(announce(id))
    connection.start()
  }

  #onData(id: bigint, data: Uint8Array): void | Promise<void> {
    const connection = this.#connections.get(id)
    if (connection === undefined) {
      // An ID that was given out has had its Connection Closed, which the client had not yet seen.
      if (id >= this.#nextId) this.#send({ type: 'connectionClosed', id, reason: 'unknown connection' })
      return
    }
    const handedOver = connection.write(data)
    if (handedOver === undefined) return
    const bytes = data.byteLength + MESSAGE_OVERHEAD_BYTES
    this.#queuedBytes += bytes
    const { maxQueuedBytesPerClient, maxQueuedBytesPerConnection } = this.#init.bounds
    if (this.#queuedBytes > maxQueuedBytesPerClient || connection.queuedBytes > maxQueuedBytesPerConnection) {
      this.#holdUp('streams')
    }
    return handedOver.then(() => {
      this.#queuedBytes -= bytes
      this.#checkQueues()
    })
  }

  /** Gives each stream its share of what all may hold for a client that does not read. */
  #shareUnread(): void {
    const share = this.#init.bounds.maxUnreadBytesPerClient / Math.max(1, this.#connections.size)
    const maxUnreadBytes = Math.max(MIN_UNREAD_BYTES, Math.floor(share))
    for (const connection of this.#connections.values()) connection.maxUnreadBytes = maxUnreadBytes
  }

  #checkQueues(): void {
    if (!this.#holdUps.has('streams')) return
    const { maxQueuedBytesPerClient, maxQueuedBytesPerConnection } = this.#init.bounds
    if (this.#queuedBytes > maxQueuedBytesPerClient / 2) return
    for (const { queuedBytes } of this.#connections.values()) {
      if (queuedBytes > maxQueuedBytesPerConnection / 2) return
    }
    this.#letGo('streams')
  }

  #holdUp(why: 'streams' | 'answers'): void {
    if (this.#holdUps.size === 0) this.#init.socket.pause()
    this.#holdUps.add(why)
  }

  #letGo(why: 'streams' | 'answers'): void {
    if (!this.#holdUps.delete(why) || this.#holdUps.size > 0 || this.#gone.signal.aborted) return
    this.#init.socket.resume()
  }

  #protocolError(message: string): void {
    this.#send({ type: 'error', message })
  }

  /** Sends an answer. A client that does not take its answers is not read from, so that it cannot ask for more of them. */
  #send(message: ServerMessage): void {
    if (this.#gone.signal.aborted) return
    if (!this.#init.socket.send(this.#encode(message))) {
      this.#socketIsFull = true
      this.#holdUp('answers')
    }
  }

  #encode(message: ServerMessage): Uint8Array<ArrayBuffer> {
    try {
      return encodeServerMessage(message)
    } catch (error) {
      // A field of the client's own that is too long to be told back to it.
      return encodeServerMessage({ type: 'error', message: messageOf(error) })
    }
  }
}
