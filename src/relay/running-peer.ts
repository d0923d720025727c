import type { Connection, Stream } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import type { HostStatus, PeerStatus, RoutingStatus } from '../status/index.ts'
import { BootstrapPeers } from './discovery/bootstrap-peers.ts'
import { CircuitLimits } from './dialing/circuit-limits.ts'
import type { ClientPeer, FoundPeer, OpenedStream } from './clients/client-peer.ts'
import { ConnectionMonitor } from './dialing/connection-monitor.ts'
import { isDelegatedRouting } from './discovery/delegated-service.ts'
import { DialError } from './dialing/dial-error.ts'
import { DialTurns } from './dialing/dial-turns.ts'
import type { DialRequest, StreamOpener } from './dialing/dial-request.ts'
import { dial } from './dialing/dial.ts'
import { DirectLinks } from './dialing/direct-links.ts'
import { DoubleConnections } from './dialing/double-connections.ts'
import type { LinkDescription } from './dialing/link.ts'
import { describeLink } from './dialing/link.ts'
import { LoopbackLink, PlainLink } from './dialing/stream-link.ts'
import { ProtocolListeners } from './clients/protocol-listeners.ts'
import { openStream } from './dialing/open-stream.ts'
import { LastingLinks } from './lasting/lasting-links.ts'
import type { LastingLimits } from '../lasting/index.ts'
import type { Log } from './log.ts'
import { loopbackPair } from './clients/loopback-stream.ts'
import type { NetworkConfig } from './network-config.ts'
import type { Peer } from './peer.ts'
import { addressesByPeer } from './addresses/by-peer.ts'
import { isPeerId } from './addresses/peer-id.ts'
import { dhtSizeOf } from './libp2p/dht-size.ts'
import { SelfLookup } from './discovery/self-lookup.ts'
import type { PointCandidate } from './rendezvous/rendezvous-points.ts'
import { Rendezvous } from './rendezvous/rendezvous.ts'
import { Reachability } from './reservations/reachability.ts'
import type { CircuitRelayStore } from './reservations/circuit-relay-store.ts'

/**
 * The fraction of parallel dials that clients may use. The rest is for the peer's reservations and its
 * routing.
 */
const CLIENTS_PART_OF_DIALS = 3 / 4

/** Milliseconds that a stopping peer waits until others have heard of the ends of their connections. */
const STOP_TIMEOUT_MS = 500

/** What a {@link RunningPeer} is made of. */
export interface RunningPeerInit {
  peer: Peer
  network: NetworkConfig
  /** Reads the configuration again, because a circuit relay may have moved. */
  readNetwork: () => Promise<NetworkConfig>
  log: Log
  /** Stores the circuit relays that granted a reservation, for the next start. */
  circuitRelayStore?: CircuitRelayStore
  /** As in `RelayBounds`. */
  lasting: Partial<LastingLimits> | false
  /** As in `RelayComponents`. */
  refusalOf: (address: Multiaddr) => string | undefined
  /** As in `RelayComponents`. */
  isLocalLoss: (error: Error) => boolean
  /** As in `RelayComponents`. */
  isStanding: (link: Connection) => boolean
}

/**
 * A running peer with its clients' listeners, its reservations, and the dials to other peers and to itself.
 */
export class RunningPeer implements ClientPeer {
  readonly listeners: ProtocolListeners
  readonly peer: Peer
  readonly #startedMs = Date.now()
  readonly #init: RunningPeerInit
  readonly #limits: CircuitLimits
  readonly #turns: DialTurns
  readonly #direct: DirectLinks
  readonly #lasting: LastingLinks | undefined
  readonly #doubles: DoubleConnections
  readonly #monitor: ConnectionMonitor
  readonly #bootstrap: BootstrapPeers
  readonly #selfLookup: SelfLookup | undefined
  readonly #reachability: Reachability
  readonly #rendezvous: Rendezvous

  constructor(init: RunningPeerInit) {
    this.#init = init
    this.peer = init.peer
    this.listeners = new ProtocolListeners(init.peer.libp2p, (link) => this.#plainLink(link), init.log)
    this.#turns = new DialTurns(Math.ceil(init.peer.maxParallelDials * CLIENTS_PART_OF_DIALS))
    this.#direct = new DirectLinks(init.peer, this.#turns, init.log)
    if (init.lasting !== false) this.#lasting = this.#lastingLinks(init.lasting)
    this.#doubles = new DoubleConnections(init.peer, init.log)
    this.#monitor = new ConnectionMonitor(init.peer, init.log)
    this.#bootstrap = new BootstrapPeers(init.peer.libp2p, init.network.bootstrap, init.log)
    const { dht } = init.peer.libp2p.services
    if (dht !== undefined) this.#selfLookup = new SelfLookup(init.peer.libp2p, dht, init.log)
    this.#limits = new CircuitLimits(init.peer.libp2p, (peer) => this.#isConnected(peer))
    const { peer, log, readNetwork, circuitRelayStore } = init
    this.#reachability = new Reachability(
      { peer, log, readNetwork, ...(circuitRelayStore === undefined ? {} : { store: circuitRelayStore }) },
      init.network,
    )
    this.#rendezvous = new Rendezvous({ peer, log, candidates: () => this.#pointCandidates })
  }

  get id(): string {
    return this.peer.id
  }

  /** The last jump of the system clock, if there was one. */
  get clockJump(): HostStatus['clockJump'] {
    return this.#reachability.clockJump
  }

  /** Returns the peer's status. `isPublic` is what it announces in Identify. */
  status(isPublic: boolean): PeerStatus {
    const { peer } = this
    return {
      id: peer.id,
      startedMs: this.#startedMs,
      public: isPublic,
      addresses: peer.addressStatuses,
      relaysWanted: this.#reachability.wanted,
      relays: this.#reachability.circuitRelays,
      routing: this.#routing,
      protocols: this.listeners.protocols,
      ...peer.connectionStatuses,
      dialCount: peer.libp2p.getDialQueue().length,
      ...(this.#lasting === undefined ? {} : { lasting: this.#lasting.status }),
      ...(this.#rendezvous.status === undefined ? {} : { rendezvous: this.#rendezvous.status }),
      ...(this.#direct.isPromising ? {} : { directFails: true }),
    }
  }

  get #routing(): RoutingStatus {
    const { services } = this.peer.libp2p
    const { dht } = services
    return {
      bootstrap: this.#bootstrap.statuses,
      ...(dht === undefined ? {} : { dht: { mode: dht.getMode(), peers: dhtSizeOf(dht) } }),
      delegated: Object.values(services)
        .filter(isDelegatedRouting)
        .map(({ delegatedStatus }) => delegatedStatus),
    }
  }

  /**
   * Forgets all failures, and immediately tries every circuit relay and bootstrap peer that waits for a
   * retry.
   */
  retryReservations(): void {
    this.forgetFailures()
    this.improveLinks()
    this.#bootstrap.retry()
    this.#reachability.retry()
    this.#rendezvous.retry()
  }

  /** Forgets which direct links failed, so that a Connect tries them again. */
  forgetFailures(): void {
    this.#direct.forgetFailures()
  }

  /** Looks for better links for the connections on circuits: there is another transport. */
  improveLinks(): void {
    this.#lasting?.improve()
  }

  /** Resolves when this peer has a reservation, when it waits for none, or after `timeoutMs`. */
  async dialable(timeoutMs: number): Promise<void> {
    await this.#reachability.waitUntilDialable(timeoutMs)
  }

  refusalOfFind(namespace: string): string | undefined {
    return this.#rendezvous.refusalOfFind(namespace)
  }

  find(namespace: string, found: (peer: FoundPeer) => void): () => void {
    return this.#rendezvous.find(namespace, found)
  }

  /**
   * The peers that may learn in which namespaces this peer looks: the circuit relays that serve it, then the
   * other named ones, and the bootstrap peers while they are connected.
   */
  get #pointCandidates(): PointCandidate[] {
    const circuitRelays = this.#reachability.circuitRelays.filter(
      ({ from, state }) => from === 'network' || state.kind === 'held',
    )
    const held = ({ state }: (typeof circuitRelays)[number]): number => (state.kind === 'held' ? 0 : 1)
    const candidates = circuitRelays
      .toSorted((one, other) => held(one) - held(other))
      .map(({ relay, addresses }) => ({
        id: relay,
        addresses: addresses.map((address) => multiaddr(address)),
      }))
    const bootstrap = [...addressesByPeer(this.#init.network.bootstrap).keys()]
    return [...candidates, ...bootstrap.map((id) => ({ id, addresses: [] }))]
  }

  #lastingLinks(limits: Partial<LastingLimits>): LastingLinks {
    return new LastingLinks({
      peer: this.peer,
      direct: this.#direct,
      log: this.#init.log,
      limits,
      dial: (request, opener, signal) => this.#dial(request, opener, signal),
      serve: (protocol) => {
        const listener = this.listeners.get(protocol)
        // A peer that is told so opens an ordinary stream instead.
        if (listener?.lasting !== true) return undefined
        return (stream, peer, link) => listener.accept(stream, peer, link)
      },
      plainLink: (connection) => this.#plainLink(connection),
      describe: (connection, error) => this.#describeLink(connection, error),
      lost: (connection, error) => this.#linkLost(connection, error),
      suspect: (connection) => this.#doubles.suspect(connection),
    })
  }

  readonly #plainOpener: StreamOpener<OpenedStream> = {
    open: async (link, { protocol }, signal) => ({
      stream: await openStream(link, protocol, signal),
      link: this.#plainLink(link),
    }),
    openLasting: async () => undefined,
  }

  #plainLink(connection: Connection): PlainLink {
    return new PlainLink(connection, {
      describe: (link, error) => this.#describeLink(link, error),
      lost: (link, error) => this.#linkLost(link, error),
    })
  }

  #describeLink(link: Connection, error: Error | undefined): LinkDescription {
    const { text, limitReached } = describeLink(link, this.#limits)
    if (error === undefined || !this.#init.isLocalLoss(error))
      return { text, limitReached, stands: this.#init.isStanding(link) }
    return { text: `${text}: ${error.message}`, limitReached: false, stands: false }
  }

  #linkLost(link: Connection, error: Error | undefined): void {
    if (error === undefined || !this.#init.isLocalLoss(error)) return
    // libp2p learns of it a moment later.
    this.peer.silent.add(link)
    this.#direct.replace(link)
  }

  async dial(request: DialRequest, signal: AbortSignal): Promise<OpenedStream> {
    if (isPeerId(request.target.peer, this.peer.libp2p.peerId))
      return { stream: this.#dialSelf(request.protocol), link: new LoopbackLink() }
    return await this.#dial(request, this.#lasting ?? this.#plainOpener, signal)
  }

  async #dial<Opened>(
    request: DialRequest,
    opener: StreamOpener<Opened>,
    signal: AbortSignal,
  ): Promise<Opened> {
    const { peer, refusalOf } = this.#init
    const components = {
      peer,
      direct: this.#direct,
      turns: this.#turns,
      refusalOf,
      circuitRelays: () => this.#reachability.circuitRelays.map(({ relay }) => multiaddr(`/p2p/${relay}`)),
    }
    return await dial(components, request, opener, signal)
  }

  /** `linksInUse` have carried connections until now: their other sides should hear of the ends. */
  async stop(linksInUse: readonly Connection[]): Promise<void> {
    await Promise.all([
      this.#lasting?.stop(),
      this.#rendezvous.stop(),
      this.peer.delivered(linksInUse, STOP_TIMEOUT_MS),
    ])
    this.#direct.stop()
    this.#doubles.stop()
    this.#monitor.stop()
    this.#bootstrap.stop()
    this.#selfLookup?.stop()
    await this.#reachability.stop()
    await this.peer.stop()
  }

  #isConnected(peer: string): boolean {
    return this.peer.libp2p
      .getConnections()
      .some(({ remotePeer, status }) => status === 'open' && remotePeer.toString() === peer)
  }

  #dialSelf(protocol: string): Stream {
    const listener = this.listeners.get(protocol)
    if (listener === undefined) throw new DialError(`no page of this peer listens on ${protocol}`)
    const log = this.peer.libp2p.logger.forComponent('libp2p-websocket:loopback')
    const { dialer, listener: accepted } = loopbackPair(protocol, log)
    // In a later task, so that the dialer's client learns of its connection first, as it would over a
    // network.
    setTimeout(() => {
      if (this.listeners.get(protocol) === listener) listener.accept(accepted, this.id, new LoopbackLink())
      else accepted.abort(new Error(`the listener of ${protocol} has stopped`))
    }, 0)
    return dialer
  }
}
