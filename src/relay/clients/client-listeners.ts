import type { Stream } from '@libp2p/interface'
import type { ListenMessage } from '../../protocol/index.ts'
import type { ListenerStatus } from '../../status/index.ts'
import type { RelayBounds } from '../bounds.ts'
import type { StreamLink } from '../dialing/stream-link.ts'
import { ClientListener } from './client-listener.ts'
import type { ClientOutput } from './client-output.ts'
import type { ClientPeer } from './client-peer.ts'
import { announcedBytes } from './protocol-listeners.ts'
import { refusalOfListen } from './protocol-rules.ts'

/**
 * The refusal of a protocol that already has a listener. A Listen Refused without an Error message means
 * this, as in 2020.
 */
const TAKEN = 'another page listens on it, or libp2p itself serves it'

/** What {@link ClientListeners} needs of its client. */
export interface ClientListenersInit {
  bounds: RelayBounds
  output: ClientOutput
  /** Takes a stream that the peer with the ID `remote` has opened, and what carries it. */
  accept(listener: ClientListener, stream: Stream, remote: string, link: StreamLink): void
  /** Notes a refusal for the status. */
  refused(protocol: string, reason: string): void
}

/** The protocols that one client listens on. */
export class ClientListeners {
  readonly #init: ClientListenersInit
  readonly #byProtocol = new Map<string, ClientListener>()

  constructor(init: ClientListenersInit) {
    this.#init = init
  }

  get statuses(): ListenerStatus[] {
    return [...this.#byProtocol.values()].map((listener) => listener.status)
  }

  /** Handles a Listen and answers it. */
  listen(peer: ClientPeer, message: ListenMessage): void {
    const { protocol, lasting = true } = message
    const { output } = this.#init
    const isTaken = peer.listeners.has(protocol)
    const refusal = refusalOfListen(protocol) ?? (isTaken ? TAKEN : this.#refusalOfSize(peer, protocol))
    if (refusal !== undefined) {
      this.#init.refused(protocol, refusal)
      if (refusal !== TAKEN) output.sendError(`Listen was refused: ${refusal}`)
      output.send({ type: 'listenRefused', protocol })
      return
    }
    const listener = new ClientListener(message)
    peer.listeners.add(protocol, {
      lasting,
      accept: (stream, remote, link) => this.#init.accept(listener, stream, remote, link),
    })
    this.#byProtocol.set(protocol, listener)
    output.send({ type: 'listening', protocol })
  }

  /** Handles a Stop: unless `retain` is true, it closes the listener's connections before it answers. */
  async stop(peer: ClientPeer, protocol: string, retain: boolean): Promise<void> {
    const listener = this.#byProtocol.get(protocol)
    // The 2020 relay ignores a Stop for a protocol that the client doesn't listen on.
    if (listener === undefined) return
    this.#byProtocol.delete(protocol)
    peer.listeners.delete(protocol)
    if (!retain) {
      const closed = listener.connections.map((connection) => connection.close({ kind: 'listener-stopped' }))
      await Promise.all(closed)
    }
    this.#init.output.send({ type: 'listenerClosed', protocol })
  }

  /** Stops listening when the client is gone, without an answer. */
  clear(peer: ClientPeer | undefined): void {
    for (const protocol of this.#byProtocol.keys()) peer?.listeners.delete(protocol)
    this.#byProtocol.clear()
  }

  /**
   * Returns why the protocol's name would make the peer's announcement too large; undefined if it wouldn't.
   */
  #refusalOfSize(peer: ClientPeer, protocol: string): string | undefined {
    const { maxAnnouncedBytes, maxAnnouncedBytesPerClient } = this.#init.bounds
    const added = announcedBytes([protocol])
    const own = announcedBytes(this.#byProtocol.keys()) + added
    const all = peer.listeners.announcedBytes + added
    if (own > maxAnnouncedBytesPerClient)
      return `with ${protocol}, the names of this page's protocols would take ${own} bytes, but the limit is ${maxAnnouncedBytesPerClient}: listen on fewer or shorter names`
    if (all > maxAnnouncedBytes)
      return `with ${protocol}, the names of all pages' protocols would take ${all} bytes, but the limit is ${maxAnnouncedBytes}: stop listening in another page`
    return undefined
  }
}
