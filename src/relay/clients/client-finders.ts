import type { PeerFoundMessage } from '../../protocol/index.ts'
import type { ClientOutput, WaitsForClient } from './client-output.ts'
import type { ClientPeer } from './client-peer.ts'

/** What {@link ClientFinders} needs of its client. */
export interface ClientFindersInit {
  maxNamespaces: number
  output: ClientOutput
  /** Notes a refusal for the status. */
  refused(namespace: string, reason: string): void
}

/** The namespaces that one client looks for peers in. */
export class ClientFinders {
  readonly #init: ClientFindersInit
  readonly #byNamespace = new Map<string, FinderReport>()

  constructor(init: ClientFindersInit) {
    this.#init = init
  }

  /** Handles Find Peers. A second one for the same namespace has no effect. */
  find(peer: ClientPeer, namespace: string): void {
    const { maxNamespaces, output } = this.#init
    if (this.#byNamespace.has(namespace)) return
    const refusal =
      this.#byNamespace.size < maxNamespaces
        ? peer.refusalOfFind(namespace)
        : `this page already looks for peers in ${maxNamespaces} namespaces, which is the limit`
    if (refusal !== undefined) {
      this.#init.refused(namespace, refusal)
      output.sendError(`Find Peers was refused: ${refusal}`)
      return
    }
    const report = new FinderReport(output)
    this.#byNamespace.set(namespace, report)
    report.stop = peer.find(namespace, (found) => report.add({ type: 'peerFound', namespace, ...found }))
  }

  /** Handles Stop Finding. It is ignored for a namespace that this client doesn't look in. */
  stop(namespace: string): void {
    const report = this.#byNamespace.get(namespace)
    this.#byNamespace.delete(namespace)
    report?.end()
  }

  /** Ends everything when the client is gone. */
  clear(): void {
    for (const namespace of this.#byNamespace.keys()) this.stop(namespace)
  }
}

/** Tells a client which peers were found in one namespace. While it doesn't keep up, they wait, by peer. */
class FinderReport implements WaitsForClient {
  stop: () => void = () => undefined
  readonly #output: ClientOutput
  /** At most as many as the search remembers, which repeats none of them unless it has changed. */
  readonly #waiting = new Map<string, PeerFoundMessage>()

  constructor(output: ClientOutput) {
    this.#output = output
  }

  add(message: PeerFoundMessage): void {
    this.#waiting.set(message.peer, message)
    this.drain()
  }

  drain(): void {
    for (const [peer, message] of this.#waiting) {
      if (!this.#output.keepsUp(this)) return
      this.#waiting.delete(peer)
      this.#output.send(message)
    }
  }

  end(): void {
    this.stop()
    this.#waiting.clear()
    this.#output.forget(this)
  }
}
