import { encodeClientMessage } from '../protocol/index.ts'
import type { ClientError } from './client-error.ts'
import type { Outbox } from './outbox.ts'

/** A peer that is registered under a namespace. */
export interface FoundPeer {
  /** The peer's ID. A dial to it needs no addresses, because the relay knows these. */
  peer: string
  /** Its multiaddrs, without its own `/p2p/…` at the end. */
  addresses: readonly string[]
}

/**
 * The other peers that are registered under a namespace, as they are found. Iterate over it to take them.
 *
 * A peer comes again after it has registered again, as with new addresses. Those that are not taken wait, up
 * to `limits.maxFoundPeers`; then the oldest is dropped. Iteration ends after `close()`, and throws
 * `ERR_RELAY_LOST` if the relay is lost.
 */
export interface PeerFinder extends AsyncIterable<FoundPeer> {
  readonly namespace: string

  /** Stops looking, and ends the registration of your peer unless another page looks there too. */
  close(): void
}

/** Options of an {@link OpenPeerFinder}. */
export interface OpenPeerFinderInit {
  namespace: string
  maxFoundPeers: number
  outbox: Outbox
  signal: AbortSignal | undefined
  ended(): void
}

/** Someone who waits for the next peer. */
interface Reader {
  resolve(result: IteratorResult<FoundPeer, undefined>): void
  reject(error: ClientError): void
}

/** The implementation of {@link PeerFinder}. */
export class OpenPeerFinder implements PeerFinder {
  readonly namespace: string
  readonly #init: OpenPeerFinderInit
  /** The peers that wait to be taken, by ID, so that new addresses replace old ones. */
  readonly #waiting = new Map<string, FoundPeer>()
  readonly #readers: Reader[] = []
  readonly #onAbort = (): void => this.close()
  #end: { error: ClientError | undefined } | undefined

  constructor(init: OpenPeerFinderInit) {
    this.namespace = init.namespace
    this.#init = init
    init.signal?.addEventListener('abort', this.#onAbort)
    this.#send('findPeers')
  }

  close(): void {
    if (this.#end !== undefined) return
    this.#waiting.clear()
    this.finish()
    this.#send('stopFinding')
  }

  [Symbol.asyncIterator](): AsyncIterator<FoundPeer, undefined> {
    return {
      next: () => this.#next(),
      return: () => Promise.resolve({ done: true, value: undefined }),
    }
  }

  /** Called with each Peer Found. */
  offer(found: FoundPeer): void {
    if (this.#end !== undefined) return
    const reader = this.#readers.shift()
    if (reader !== undefined) return reader.resolve({ done: false, value: found })
    this.#waiting.delete(found.peer)
    this.#waiting.set(found.peer, found)
    const [oldest] = this.#waiting.keys()
    if (oldest !== undefined && this.#waiting.size > this.#init.maxFoundPeers) this.#waiting.delete(oldest)
  }

  /** Called when the client has ended, with the error for those who wait. */
  finish(error?: ClientError): void {
    if (this.#end !== undefined) return
    this.#end = { error }
    this.#init.signal?.removeEventListener('abort', this.#onAbort)
    this.#init.ended()
    for (const reader of this.#readers.splice(0)) {
      if (error === undefined) reader.resolve({ done: true, value: undefined })
      else reader.reject(error)
    }
  }

  #next(): Promise<IteratorResult<FoundPeer, undefined>> {
    const [first] = this.#waiting.values()
    if (first !== undefined) {
      this.#waiting.delete(first.peer)
      return Promise.resolve({ done: false, value: first })
    }
    if (this.#end?.error !== undefined) return Promise.reject(this.#end.error)
    if (this.#end !== undefined) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }))
  }

  #send(type: 'findPeers' | 'stopFinding'): void {
    this.#init.outbox.command(encodeClientMessage({ type, namespace: this.namespace }))
  }
}
