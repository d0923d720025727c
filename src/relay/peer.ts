import './libp2p/steady-averages.ts'
import './libp2p/record-sequence.ts'
import type { Identify } from '@libp2p/identify'
import { identify, identifyPush } from '@libp2p/identify'
import type {
  ComponentLogger,
  Connection,
  ConnectionGater,
  Libp2p,
  Listener,
  PrivateKey,
  ServiceMap,
  Startable,
  Transport,
} from '@libp2p/interface'
import { isStartable } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import type { Ping } from '@libp2p/ping'
import { ping } from '@libp2p/ping'
import { isNetworkAddress, isPrivate } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import { Circuit } from '@multiformats/multiaddr-matcher'
import type { Libp2pOptions } from 'libp2p'
import { createLibp2p } from 'libp2p'
import type { AddressStatus, PeerStatus } from '../status/index.ts'
import { MAX_LISTED } from '../status/index.ts'
import type { OwnAddress } from './addresses/address-status.ts'
import { addressStatuses, isConfirmed } from './addresses/address-status.ts'
import { connectionStatus } from './connection-status.ts'
import type { Progress } from './libp2p/connection-traffic.ts'
import { ConnectionTraffic } from './libp2p/connection-traffic.ts'
import { CircuitProbe } from './libp2p/circuit-probe.ts'
import type { TransportFactory } from './libp2p/transport-factory.ts'
import { circuitTransport } from './libp2p/circuit-transport.ts'
import { limitEarlyStreams } from './libp2p/early-streams.ts'
import { boundedNoise } from './libp2p/noise.ts'
import { SilentConnections } from './dialing/silent-connections.ts'
import { timeoutSignal } from './timeouts.ts'
import { PendingHandshakes } from './libp2p/pending-handshakes.ts'
import { ProvenCircuitRelays, CircuitReservations } from './libp2p/circuit-reservations.ts'
import { announcedAddresses } from './addresses/announced-addresses.ts'
import { boundedYamux } from './libp2p/yamux.ts'

/** Bytes that yamux lets a sender be ahead of a reader that is paused. */
export const MAX_STREAM_WINDOW_BYTES = 2_097_152
/** A paused stream must be able to hold its whole window, or it is reset and loses data. */
export const MAX_READ_BUFFER_BYTES = 2 * MAX_STREAM_WINDOW_BYTES
/** Milliseconds for one address. A silent one holds its place for so long; what is on its way through a relay has time enough. */
const ADDRESS_DIAL_TIMEOUT_MS = 6_000
const DIAL_TIMEOUT_MS = 30_000
/**
 * Dials at once, whoever asks for them, unless the host has sockets to spare: the addresses that a DHT tells may all be dead. With
 * those that are just being closed there are no more than 20 pending connections. Those of a Connect have the next free place.
 */
const DEFAULT_MAX_PARALLEL_DIALS = 16
/** Dials that wait for their turn; a further one fails. As many as two clients may ask for. */
const MAX_WAITING_DIALS = 2048
/** Addresses that are tried of one peer whose addresses nobody has named. */
const MAX_ADDRESSES_PER_PEER = 10
/** Handshakes at once with those who have come. A silent one ends after five seconds: see PendingHandshakes. */
const DEFAULT_MAX_PENDING_INBOUND = 64
/** Connections per second from one host: a household, a school or a test of many browsers shares an address. */
const INBOUND_CONNECTIONS_PER_SECOND = 50

/**
 * Pings under way on one connection, in each direction. js-libp2p has one and two, and the connection monitor of another js-libp2p takes
 * a ping that is one too many for a dead connection.
 */
const MAX_PINGS = 32
/** A protocol that nobody serves: to be told so is an answer, and no limit on the number of streams is met. */
const NOBODYS = '/libp2p-websocket/are-you-there'
/** Protocols that run on every connection, so that nobody has opened it for their sake. */
const UPKEEP: ReadonlySet<string> = new Set([
  '/ipfs/id/1.0.0',
  '/ipfs/id/push/1.0.0',
  '/ipfs/ping/1.0.0',
  NOBODYS,
])
/** Addresses that led here by way of a relay, which says nothing of this peer's own. */
const VIA_OTHERS = /\/(?:p2p-circuit|webrtc)(?:\/|$)/

/** Reservations that are asked for at the same time. */
export const MAX_RESERVATION_ATTEMPTS = 8
/** Milliseconds that a relay has to answer when it is asked for a reservation. */
const RESERVATION_TIMEOUT_MS = 5_000

/** The services that every peer has, and one that it may have. */
interface CoreServices extends ServiceMap {
  identify: Identify
  ping: Ping
  dht?: KadDHT
}

/** A factory as js-libp2p's services export it. */
export type ServiceFactory = NonNullable<Libp2pOptions<CoreServices>['services']>[string]

/** The libp2p of a host: what it can do that others cannot. The core adds circuits, noise, yamux, identify and ping. */
export interface PeerInit {
  privateKey: PrivateKey
  /** As in `RelayComponents`. */
  queueTask: (task: () => void) => void
  transports: TransportFactory[]
  /** What connections may be encrypted with besides Noise, which is offered first. */
  encrypters?: NonNullable<Libp2pOptions['connectionEncrypters']>
  /** Multiaddrs to listen on. One that cannot be listened on fails the start. */
  listen: string[]
  /** Multiaddrs to announce instead of those that are listened on. */
  announce?: string[]
  /** Multiaddrs to announce besides those that are listened on. */
  appendAnnounce?: string[]
  /** What is told to others of all that could be; the addresses end in the peer's own `/p2p/…`. Default all. */
  announceFilter?: (addresses: Multiaddr[]) => Multiaddr[]
  gater?: ConnectionGater
  /** Where libp2p's own log goes; default js-libp2p's, which heeds `DEBUG`. */
  logger?: ComponentLogger
  /** Further services by name; they may use those of the core. `dht` is that of kad-dht, if there is one. */
  services?: Record<string, ServiceFactory>
  /** Connections at once, default 300. */
  maxConnections?: number
  /** Handshakes at once with those who have come, default 64: with one more, the oldest of the largest source is cut. */
  maxPendingInbound?: number
  /** Connections per second from one host, default {@link INBOUND_CONNECTIONS_PER_SECOND}: a further one is cut. */
  maxInboundPerSecond?: number
  /** Dials at once, default 16. */
  maxParallelDials?: number
}

/** The parts of the peer that js-libp2p gives to its services only. */
type Components = Parameters<TransportFactory>[0]

/** One libp2p peer, and what the relay core asks of it beyond js-libp2p's own interface. */
export class Peer {
  readonly libp2p: Libp2p<CoreServices>
  /** Dials at once, whoever asks for them. */
  readonly maxParallelDials: number
  readonly #components: Components
  readonly #traffic: ConnectionTraffic
  /** The connections that do not answer. */
  readonly silent: SilentConnections
  /** The reservations on relays that this peer has. */
  readonly reservations: CircuitReservations
  readonly #proved: ProvenCircuitRelays
  /** Somebody outside the local network has dialled this peer. */
  #wasReached = false

  private constructor(
    libp2p: Libp2p<CoreServices>,
    components: Components,
    traffic: ConnectionTraffic,
    probe: CircuitProbe,
    proved: ProvenCircuitRelays,
    maxParallelDials: number,
  ) {
    this.libp2p = libp2p
    this.maxParallelDials = maxParallelDials
    this.#traffic = traffic
    this.silent = new SilentConnections(traffic)
    this.#proved = proved
    const { peerId, peerStore, transportManager } = components
    this.reservations = new CircuitReservations(
      { peerId, peerStore, transports: () => transportManager.getTransports(), probe },
      proved,
    )
    this.#components = components
    libp2p.addEventListener('connection:open', ({ detail: { direction, remoteAddr } }) => {
      const isDialled = direction === 'inbound' && !VIA_OTHERS.test(remoteAddr.toString())
      if (isDialled && isNetworkAddress(remoteAddr) && !isPrivate(remoteAddr)) this.#wasReached = true
    })
  }

  /** Makes and starts a peer. Rejects if it cannot listen where it was told to. */
  static async create(init: PeerInit): Promise<Peer> {
    const { maxParallelDials = DEFAULT_MAX_PARALLEL_DIALS } = init
    let components: Components | undefined
    let traffic: ConnectionTraffic | undefined
    const probe = new CircuitProbe(() => components?.peerId)
    const proved = new ProvenCircuitRelays()
    const maxPendingInbound = init.maxPendingInbound ?? DEFAULT_MAX_PENDING_INBOUND
    const handshakes = new PendingHandshakes(maxPendingInbound)
    const libp2p = await createLibp2p<CoreServices>({
      privateKey: init.privateKey,
      addresses: {
        listen: init.listen,
        announce: init.announce ?? [],
        appendAnnounce: init.appendAnnounce ?? [],
        announceFilter: (addresses) => {
          const proven = addresses.filter((address) => proved.covers(address))
          return announcedAddresses(init.announceFilter?.(proven) ?? proven)
        },
      },
      transports: [
        circuitTransport({
          // What is queued there is dropped without a word when another reservation succeeds: nothing is.
          reservationConcurrency: MAX_RESERVATION_ATTEMPTS,
          reservationCompletionTimeout: RESERVATION_TIMEOUT_MS,
        }),
        ...init.transports,
      ],
      connectionEncrypters: [boundedNoise(), ...(init.encrypters ?? [])],
      streamMuxers: [
        boundedYamux(
          {
            streamOptions: {
              maxStreamWindowSize: MAX_STREAM_WINDOW_BYTES,
              maxReadBufferLength: MAX_READ_BUFFER_BYTES,
            },
          },
          init.queueTask,
        ),
      ],
      connectionGater: handshakes.gate(probe.gate(init.gater ?? { denyDialMultiaddr: () => false })),
      connectionManager: {
        maxConnections: init.maxConnections ?? 300,
        dialTimeout: DIAL_TIMEOUT_MS,
        addressDialTimeout: ADDRESS_DIAL_TIMEOUT_MS,
        maxParallelDials,
        maxDialQueueLength: MAX_WAITING_DIALS,
        maxPeerAddrsToDial: MAX_ADDRESSES_PER_PEER,
        // Those that give way are counted there a moment longer.
        maxIncomingPendingConnections: 2 * maxPendingInbound,
        inboundConnectionThreshold: init.maxInboundPerSecond ?? INBOUND_CONNECTIONS_PER_SECOND,
      },
      // Ours asks more patiently: see ConnectionMonitor.
      connectionMonitor: { enabled: false },
      ...(init.logger === undefined ? {} : { logger: init.logger }),
      services: {
        ...init.services,
        identify: identify(),
        identifyPush: identifyPush(),
        ping: ping({ maxInboundStreams: MAX_PINGS, maxOutboundStreams: MAX_PINGS }),
        components: (given: Components) => {
          components = given
          // Before the peer listens, so that no connection is missed.
          traffic = new ConnectionTraffic(given.events)
          limitEarlyStreams(given.events)
          return {}
        },
      },
    })
    if (components === undefined || traffic === undefined) throw new Error('libp2p did not make its services')
    return new Peer(libp2p, components, traffic, probe, proved, maxParallelDials)
  }

  get id(): string {
    return this.libp2p.peerId.toString()
  }

  /** What others may dial, without the peer's own `/p2p/…` at the end. */
  get addresses(): string[] {
    return this.libp2p.getMultiaddrs().map((address) => withoutPeer(address, this.id))
  }

  /** All addresses that are known, those that others are told first. */
  get addressStatuses(): AddressStatus[] {
    return addressStatuses(this.#ownAddresses, new Set(this.addresses), (address) =>
      withoutPeer(address, this.id),
    ).slice(0, MAX_LISTED)
  }

  /**
   * An address was confirmed at which others reach this peer. One that it was told to announce is confirmed once somebody from
   * outside has dialled it: until then it is nobody's word but the user's.
   */
  get isPublic(): boolean {
    return this.#ownAddresses.some(
      (own) => isConfirmed(own) || (own.type === 'announce' && this.#wasReached && !isPrivate(own.multiaddr)),
    )
  }

  get #ownAddresses(): OwnAddress[] {
    const all = this.#components.addressManager.getAddressesWithMetadata()
    return all.map(({ multiaddr: address, verified, type }) => ({
      multiaddr: address,
      verified: verified && this.#proved.covers(address),
      type,
    }))
  }

  /** The connections that stand, the oldest first: {@link MAX_LISTED} at most, how many there are, and what all have carried. */
  get connectionStatuses(): Pick<PeerStatus, 'connections' | 'connectionCount' | 'carried'> {
    const open = this.libp2p
      .getConnections()
      .toSorted((one, other) => one.timeline.open - other.timeline.open)
    return {
      connections: open
        .slice(0, MAX_LISTED)
        .map((connection) => connectionStatus(connection, this.#traffic.of(connection))),
      connectionCount: open.length,
      carried: this.#traffic.total,
    }
  }

  /** Adds a transport to the running peer, and listens with it. */
  async addTransport(factory: TransportFactory, listen: string[]): Promise<void> {
    const transport: Transport & Partial<Startable> = factory(this.#components)
    this.#components.transportManager.add(transport)
    if (isStartable(transport)) {
      await transport.beforeStart?.()
      await transport.start()
      await transport.afterStart?.()
    }
    await this.#components.transportManager.listen(listen.map((address) => multiaddr(address)))
  }

  /** Removes the transport with this `Symbol.toStringTag`, its listeners and their addresses. */
  async removeTransport(tag: string): Promise<void> {
    const transport = this.#components.transportManager
      .getTransports()
      .find((one) => one[Symbol.toStringTag] === tag)
    if (transport === undefined) return
    await this.#components.transportManager.remove(tag)
    if (isStartable(transport)) await transport.stop()
  }

  /** Some transport of this peer can dial such an address. */
  canDial(address: Multiaddr): boolean {
    return this.#components.transportManager.dialTransportForMultiaddr(address) !== undefined
  }

  /** Listens on one more address and gives its listener, also where listening failed: it may be told to try again. */
  async listen(address: Multiaddr): Promise<{ listener: Listener | undefined; error: unknown }> {
    const { transportManager } = this.#components
    const before = new Set(transportManager.getListeners())
    let error: unknown
    try {
      await transportManager.listen([address])
    } catch (reason) {
      error = reason
    }
    return { listener: transportManager.getListeners().find((one) => !before.has(one)), error }
  }

  /** How far a connection has come, to be compared by `hasMoved`. */
  progressOf(connection: Connection): Progress {
    return this.#traffic.progressOf(connection)
  }

  /**
   * Whether the other side of a connection is there: it answers within `timeoutMs`, or anything else moves on the connection meanwhile.
   * A link that is slow, or busy, is alive. Rejects with the reason of `signal`, if that is aborted before.
   */
  async isAlive(connection: Connection, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    const noteSilence = this.silent.ask(connection)
    const timeout = timeoutSignal(timeoutMs)
    try {
      const stream = await connection.newStream(NOBODYS, { signal: AbortSignal.any([signal, timeout]) })
      stream.abort(new Error('it was only a question'))
    } catch {
      signal.throwIfAborted()
      // That it doesn't serve the protocol is an answer, and any other error is no proof of the contrary.
      if (!timeout.aborted) return true
      noteSilence()
      return !this.silent.has(connection)
    }
    return true
  }

  /** Ends a connection, unless a stream is open on it that is not one of libp2p's own, which run on every connection. */
  release(connection: Connection, reason: Error): void {
    if (connection.streams.every(({ protocol }) => UPKEEP.has(protocol))) connection.abort(reason)
  }

  /** A connection to somebody else goes through this relay. */
  hasCircuitThrough(relay: string): boolean {
    return this.libp2p
      .getConnections()
      .some(
        ({ remoteAddr }) =>
          Circuit.matches(remoteAddr) && remoteAddr.toString().includes(`/p2p/${relay}/p2p-circuit`),
      )
  }

  async stop(): Promise<void> {
    await this.libp2p.stop()
  }
}

function withoutPeer(address: Multiaddr, peer: string): string {
  const text = address.toString()
  const suffix = `/p2p/${peer}`
  return text.endsWith(suffix) ? text.slice(0, -suffix.length) : text
}
