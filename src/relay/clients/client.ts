import type { Connection, Stream } from '@libp2p/interface'
import type { ClientMessage, ConnectMessage, IdentifyMessage, ServerMessage } from '../../protocol/index.ts'
import {
  ProtocolError,
  decodeClientMessage,
  decodePeerAddress,
  encodeServerMessage,
} from '../../protocol/index.ts'
import type { ClientStatus, Refusal } from '../../status/index.ts'
import type { RelayBounds } from '../bounds.ts'
import { MESSAGE_OVERHEAD_BYTES } from '../bounds.ts'
import { ClientListener } from './client-listener.ts'
import type { StreamOrigin } from './client-stream.ts'
import { ClientStream } from './client-stream.ts'
import { ClientStreams } from './client-streams.ts'
import type { CloseReason } from './close-reason.ts'
import { describeCloseReason } from './close-reason.ts'
import { StreamConnection } from './stream-connection.ts'
import type { ControlSocket, ControlSocketHandlers } from '../control-socket.ts'
import { isOrderlyEnd } from '../control-socket.ts'
import type { DialRequest } from '../dialing/dialer.ts'
import { GradualEnd } from '../dialing/gradual-end.ts'
import { HoldUps } from './hold-ups.ts'
import type { LinkDescription } from '../dialing/link.ts'
import type { Listeners } from './protocol-listeners.ts'
import { announcedBytes } from './protocol-listeners.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import { readPeerId } from '../addresses/peer-id.ts'
import { refusalOfConnect, refusalOfListen } from './protocol-rules.ts'

/** What a client reaches of the peer, once it runs. */
export interface ClientPeer {
  readonly id: string
  readonly listeners: Listeners
  /** Describes the link of a lost stream for its client; `error` is what the stream ended with, if anything. */
  describeLink(link: Connection, error: Error | undefined): LinkDescription
  /** Must be called when a stream was lost with its link: the peer may be dialled again. */
  linkLost(link: Connection, error: Error | undefined): void
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
  /** The same for people, as it is at the time. */
  label(): string
  bounds: RelayBounds
  log: Log
  /** As in `RelayComponents`. */
  queueTask: (task: () => void) => void
  /** The peer, undefined while it is not running. */
  peer(): ClientPeer | undefined
  /** Starts the peer; rejects in words for the client if that is not possible, or if another identity runs. */
  start(key: string): Promise<void>
  /** Who the peer is, as this client may know it. */
  identify(): IdentifyMessage
  /** What the client asked for, or was to be given, in vain. */
  refused(refusal: Pick<Refusal, 'what' | 'peer' | 'protocol' | 'reason'>): void
  closed(): void
}

const TAKEN = 'another page listens on it, or libp2p itself serves it'

/** Bytes that a stream must be able to hold: a paused yamux stream may be sent its whole window. */
const MIN_UNREAD_BYTES = 4_194_304

/**
 * One control socket: its listeners, its connections, the Connects that it waits for.
 *
 * Messages are handled in their order; nothing that a client sends throws, and nothing of it outlives its socket.
 */
export class Client implements ControlSocketHandlers {
  readonly #init: ClientInit
  readonly #connectedMs = Date.now()
  readonly #streams: ClientStreams
  readonly #listeners = new Map<string, ClientListener>()
  /** Connections whose streams are paused until the socket drains, the one that waits longest first. */
  readonly #waiting = new Set<StreamConnection>()
  readonly #gone = new AbortController()
  /** Each Connect that waits for its answer. */
  readonly #connects = new Set<AbortController>()
  readonly #connectEnds: GradualEnd
  #nextId = 0n
  #queuedBytes = 0
  readonly #holdUps: HoldUps
  #socketIsFull = false
  /** When the socket became full, in milliseconds since 1970; undefined while it is not. */
  #unreadSinceMs: number | undefined
  #identified = false

  constructor(init: ClientInit) {
    this.#init = init
    this.#streams = new ClientStreams(init.bounds)
    this.#holdUps = new HoldUps(init.socket)
    this.#connectEnds = new GradualEnd(init.queueTask)
    this.#send({ type: 'hello', started: init.peer() !== undefined })
    this.identify()
  }

  /** Tells who the peer is as soon as it runs: once, and again to a client that sends another Start. */
  identify(): void {
    if (this.#identified || this.#init.peer() === undefined) return
    this.#identified = true
    this.#send(this.#init.identify())
  }

  /** Of its streams, as many as `maxStreams` are listed. */
  status(maxStreams: number): ClientStatus {
    const heldUp = this.#holdUps.oldest
    return {
      name: this.#init.name,
      label: this.#init.label(),
      connectedMs: this.#connectedMs,
      listeners: [...this.#listeners.values()].map((listener) => listener.status),
      streams: [...this.#streams].slice(0, maxStreams).map((stream) => stream.status),
      streamCount: this.#streams.size,
      pendingConnects: this.#connects.size,
      queuedBytes: this.#queuedBytes,
      maxQueuedBytes: this.#init.bounds.maxQueuedBytesPerClient,
      ...(heldUp === undefined ? {} : { heldUp }),
      ...(this.#unreadSinceMs === undefined ? {} : { unreadSinceMs: this.#unreadSinceMs }),
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
        void this.#streams.get(message.id)?.connection.close({ kind: 'closed' })
        return
      case 'reset':
        this.#streams.get(message.id)?.connection.reset({ kind: 'closed' })
        return
      case 'data':
        return this.#onData(message.id, message.data)
      default:
        return message satisfies never
    }
  }

  drain(): void {
    this.#socketIsFull = false
    this.#unreadSinceMs = undefined
    this.#letGo('answers')
    for (const connection of this.#waiting) {
      if (this.#socketIsFull) return
      this.#waiting.delete(connection)
      connection.resume()
    }
  }

  closed(end: { code: number }): void {
    const reason = new Error('the page is gone')
    this.#gone.abort(reason)
    for (const connect of this.#connects) this.#connectEnds.add(connect, reason)
    for (const protocol of this.#listeners.keys()) this.#init.peer()?.listeners.delete(protocol)
    this.#listeners.clear()
    for (const { connection } of this.#streams) connection.abandon(isOrderlyEnd(end))
    this.#streams.clear()
    this.#init.closed()
  }

  /** The relay stops: every connection is reset, as nobody has ended it. */
  stop(): void {
    for (const { connection } of this.#streams) connection.stop()
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
    // Who has been told already asks again: the addresses may have changed since.
    const asksAgain = this.#identified
    try {
      await this.#init.start(key)
      if (asksAgain) this.#identified = false
    } catch (error) {
      this.#protocolError(messageOf(error))
      this.#refused('start', '', '', messageOf(error))
      // Who asked for another identity is told which one runs, also if it has been told before.
      if (this.#init.peer() !== undefined) this.#identified = false
    }
    this.identify()
  }

  #onListen(peer: ClientPeer, protocol: string, frames: boolean): void {
    // A name that is taken is refused as in 2020, with no more words.
    const isTaken = peer.listeners.has(protocol)
    const reason = refusalOfListen(protocol) ?? (isTaken ? TAKEN : this.#refusalOfName(peer, protocol))
    if (reason !== undefined) {
      this.#refused('listen', '', protocol, reason)
      if (reason !== TAKEN) this.#protocolError(`Listen was refused: ${reason}`)
      this.#send({ type: 'listenRefused', protocol })
      return
    }
    const listener = new ClientListener(protocol, frames)
    peer.listeners.add(protocol, {
      accept: (stream, remote, connection) => this.#onStream(peer, listener, stream, remote, connection),
    })
    this.#listeners.set(protocol, listener)
    this.#send({ type: 'listening', protocol })
  }

  /** Why there is no room for one more name in what the peer tells others; undefined if there is. */
  #refusalOfName(peer: ClientPeer, protocol: string): string | undefined {
    const { maxAnnouncedBytes, maxAnnouncedBytesPerClient } = this.#init.bounds
    const added = announcedBytes([protocol])
    const own = announcedBytes(this.#listeners.keys()) + added
    const all = peer.listeners.announcedBytes + added
    if (own > maxAnnouncedBytesPerClient)
      return `with ${protocol}, the names of this page's protocols would take ${own} bytes, and ${maxAnnouncedBytesPerClient} is the most: listen on fewer or shorter names`
    if (all > maxAnnouncedBytes)
      return `with ${protocol}, the names of all pages' protocols would take ${all} bytes, and ${maxAnnouncedBytes} is the most: stop listening in another page`
    return undefined
  }

  async #onStop(peer: ClientPeer, protocol: string, retain: boolean): Promise<void> {
    const listener = this.#listeners.get(protocol)
    // The 2020 relay ignores such a Stop.
    if (listener === undefined) return
    this.#listeners.delete(protocol)
    peer.listeners.delete(protocol)
    if (!retain) {
      await Promise.all(
        listener.connections.map((connection) => connection.close({ kind: 'listener-stopped' })),
      )
    }
    this.#send({ type: 'listenerClosed', protocol })
  }

  async #onConnect(peer: ClientPeer, message: ConnectMessage): Promise<void> {
    const { protocol, frames, relay } = message
    let name = message.peer
    const { connectTimeoutMs } = this.#init.bounds
    const error = refusalOfConnect(protocol) ?? this.#streams.refusalOfConnect(this.#connects.size)
    if (error !== undefined) {
      this.#refused('connect', name, protocol, error)
      this.#send({ type: 'peerConnectionRefused', peer: name, protocol, error })
      return
    }
    const connect = new AbortController()
    this.#connects.add(connect)
    const gaveUp = new Error(`gave up after ${connectTimeoutMs / 1000} s`)
    const timer = setTimeout(() => this.#connectEnds.add(connect, gaveUp), connectTimeoutMs)
    const deadlineMs = performance.now() + connectTimeoutMs
    try {
      const target = decodePeerAddress(message.peer)
      name = target.peer
      const request = { client: this, target, protocol, relay, deadlineMs }
      const { stream, connection } = await peer.dial(request, connect.signal)
      if (this.#gone.signal.aborted) {
        stream.abort(gaveUp)
        return
      }
      // As it was dialled, the ID can be read; the client compares it with those of its listeners' connections.
      const peerId = readPeerId(target.peer).toString()
      const origin = { peer: peerId, protocol, direction: 'outbound', carrier: connection } as const
      this.#addStream(peer, stream, origin, { frames, listener: undefined })
    } catch (error) {
      if (!this.#gone.signal.aborted) this.#refused('connect', name, protocol, messageOf(error))
      this.#send({ type: 'peerConnectionRefused', peer: name, protocol, error: messageOf(error) })
    } finally {
      clearTimeout(timer)
      this.#connects.delete(connect)
    }
  }

  #onStream(
    peer: ClientPeer,
    listener: ClientListener,
    stream: Stream,
    remote: string,
    carrier: Connection | undefined,
  ): void {
    const { protocol, frames } = listener
    const reason = this.#gone.signal.aborted
      ? 'the client is gone'
      : this.#streams.refusalOfStream(remote, this.#connects.size)
    if (reason !== undefined) {
      this.#refused('accept', remote, protocol, reason)
      stream.abort(new Error(reason))
      return
    }
    const origin = { peer: remote, protocol, direction: 'inbound', carrier } as const
    this.#addStream(peer, stream, origin, { frames, listener })
  }

  #addStream(
    peer: ClientPeer,
    stream: Stream,
    origin: StreamOrigin,
    { frames, listener }: { frames: boolean; listener: ClientListener | undefined },
  ): void {
    const { carrier, protocol } = origin
    const id = this.#nextId++
    const connection = new StreamConnection({
      id,
      stream,
      frames,
      // Between two clients of this peer: the messages of the other one.
      ownsBuffers: carrier === undefined,
      bounds: this.#init.bounds,
      log: this.#init.log,
      queueTask: this.#init.queueTask,
      describeLink: (error) =>
        carrier === undefined
          ? { text: 'the other page of this peer is gone', limitReached: false }
          : peer.describeLink(carrier, error),
      linkLost: (error) => {
        if (carrier !== undefined) peer.linkLost(carrier, error)
      },
      send: (message) => {
        const keepsUp = this.#init.socket.send(message)
        if (!keepsUp) {
          this.#noteFull()
          this.#waiting.add(connection)
        }
        return keepsUp
      },
      ended: (reason: CloseReason) => {
        listener?.delete(id)
        this.#streams.delete(id)
        this.#shareUnread()
        this.#waiting.delete(connection)
        if (!this.#gone.signal.aborted) {
          this.#send({ type: 'connectionClosed', id, reason: describeCloseReason(reason) })
        }
      },
    })
    listener?.add(connection)
    this.#streams.add(new ClientStream(connection, origin))
    this.#shareUnread()
    const type = origin.direction === 'inbound' ? 'listenerConnection' : 'peerConnection'
    this.#send({ type, id, peer: origin.peer, protocol })
    connection.start()
  }

  #onData(id: bigint, data: Uint8Array): void | Promise<void> {
    const connection = this.#streams.get(id)?.connection
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
      this.#holdUps.add('streams')
    }
    return handedOver.then(() => {
      this.#queuedBytes -= bytes
      this.#checkQueues()
    })
  }

  /** Gives each stream its share of what all may hold for a client that does not read. */
  #shareUnread(): void {
    const share = this.#init.bounds.maxUnreadBytesPerClient / Math.max(1, this.#streams.size)
    const maxUnreadBytes = Math.max(MIN_UNREAD_BYTES, Math.floor(share))
    for (const { connection } of this.#streams) connection.maxUnreadBytes = maxUnreadBytes
  }

  #checkQueues(): void {
    if (!this.#holdUps.has('streams')) return
    const { maxQueuedBytesPerClient, maxQueuedBytesPerConnection } = this.#init.bounds
    if (this.#queuedBytes > maxQueuedBytesPerClient / 2) return
    for (const { connection } of this.#streams) {
      if (connection.queuedBytes > maxQueuedBytesPerConnection / 2) return
    }
    this.#letGo('streams')
  }

  /** A client that is gone has no socket to read on from. */
  #letGo(why: 'streams' | 'answers'): void {
    if (!this.#gone.signal.aborted) this.#holdUps.delete(why)
  }

  #noteFull(): void {
    this.#socketIsFull = true
    this.#unreadSinceMs ??= Date.now()
  }

  #refused(what: Refusal['what'], peer: string, protocol: string, reason: string): void {
    this.#init.refused({ what, peer, protocol, reason })
  }

  #protocolError(message: string): void {
    this.#send({ type: 'error', message })
  }

  /** Sends an answer. A client that does not take its answers is not read from, so that it cannot ask for more of them. */
  #send(message: ServerMessage): void {
    if (this.#gone.signal.aborted) return
    if (!this.#init.socket.send(this.#encode(message))) {
      this.#noteFull()
      this.#holdUps.add('answers')
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
