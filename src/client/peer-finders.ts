import type { PeerFoundMessage } from '../protocol/index.ts'
import { invalidNamespace } from '../protocol/index.ts'
import { ClientError } from './client-error.ts'
import type { Outbox } from './outbox.ts'
import type { PeerFinder } from './peer-finder.ts'
import { OpenPeerFinder } from './peer-finder.ts'

/** Namespaces that one client may look in, which is the relay's limit. */
const MAX_NAMESPACES = 32

/** Options of {@link PeerFinders}. */
export interface PeerFindersInit {
  maxFoundPeers: number
  outbox: Outbox
}

/** The namespaces that one client looks in, at most one finder for each. */
export class PeerFinders {
  readonly #init: PeerFindersInit
  readonly #open = new Map<string, OpenPeerFinder>()

  constructor(init: PeerFindersInit) {
    this.#init = init
  }

  /** Throws `ERR_INVALID_ARGUMENT` for an invalid namespace, or one too many or twice. */
  find(namespace: string, signal: AbortSignal | undefined): PeerFinder {
    const refusal = invalidNamespace(namespace) ?? this.#refusalOf(namespace)
    if (refusal !== undefined) throw new ClientError('ERR_INVALID_ARGUMENT', refusal)
    const finder = new OpenPeerFinder({
      namespace,
      ...this.#init,
      signal,
      ended: () => this.#open.delete(namespace),
    })
    this.#open.set(namespace, finder)
    return finder
  }

  /** Handles Peer Found. It may still come for a finder that was closed. */
  found({ namespace, peer, addresses }: PeerFoundMessage): void {
    this.#open.get(namespace)?.offer({ peer, addresses })
  }

  /** Ends all finders, because the relay is gone. */
  endAll(error: ClientError): void {
    for (const finder of this.#open.values()) finder.finish(error)
  }

  #refusalOf(namespace: string): string | undefined {
    if (this.#open.has(namespace))
      return `this client already looks for peers in ${JSON.stringify(namespace)}`
    if (this.#open.size < MAX_NAMESPACES) return undefined
    return `this client already looks for peers in ${MAX_NAMESPACES} namespaces, which is the limit`
  }
}
