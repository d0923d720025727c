import type { Connection, Libp2p, Listener, Startable, Transport } from '@libp2p/interface'
import { isStartable } from '@libp2p/interface'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { isNetworkAddress, isPrivate } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import { Circuit } from '@multiformats/multiaddr-matcher'
import type { AddressStatus, PeerStatus } from '../status/index.ts'
import { MAX_LISTED } from '../status/index.ts'
import type { OwnAddress } from './addresses/address-status.ts'
import { addressStatuses, isConfirmed } from './addresses/address-status.ts'
import { connectionStatus } from './connection-status.ts'
import { PeerAbilities } from './dialing/abilities.ts'
import { SilentConnections } from './dialing/silent-connections.ts'
import type { ProvenCircuitRelays } from './libp2p/circuit-reservations.ts'
import { CircuitReservations } from './libp2p/circuit-reservations.ts'
import type { ConnectionTraffic, Progress } from './libp2p/connection-traffic.ts'
import { dropAbandonedConnections } from './libp2p/abandoned-signaling.ts'
import { signalOverCircuits } from './libp2p/signaling-circuits.ts'
import type { TransportFactory } from './libp2p/transport-factory.ts'
import type { Libp2pComponents, Libp2pNode } from './libp2p-node.ts'
import { startLibp2pNode } from './libp2p-node.ts'
import type { CoreServices, PeerInit } from './peer-init.ts'
import { timeoutSignal } from './timeouts.ts'

/** A protocol that nobody serves. The refusal is the answer, and such streams count towards no limit. */
const UNSERVED_PROTOCOL = '/libp2p-websocket/are-you-there'
/**
 * A timeout that is this many milliseconds late is no proof that nothing came: this process or its machine
 * was suspended.
 */
const SUSPENSION_MS = 1_000
/** Protocols that run on every connection, so they don't show that anybody uses it. */
const UPKEEP_PROTOCOLS: ReadonlySet<string> = new Set([
  '/ipfs/id/1.0.0',
  '/ipfs/id/push/1.0.0',
  '/ipfs/ping/1.0.0',
  UNSERVED_PROTOCOL,
])
/** Addresses through a circuit relay, which don't show that this peer's own addresses can be reached. */
const THROUGH_CIRCUIT_RELAY = /\/(?:p2p-circuit|webrtc)(?:\/|$)/

/** A libp2p node, with the functions that the relay needs beyond js-libp2p's interface. */
export class Peer {
  readonly libp2p: Libp2p<CoreServices>
  /** Dials that may run at the same time, for the peer itself and all clients together. */
  readonly maxParallelDials: number
  readonly #components: Libp2pComponents
  readonly #traffic: ConnectionTraffic
  /** The connections that don't answer. */
  readonly silent: SilentConnections
  /** What the peers at the other ends of connections can do. */
  readonly abilities: PeerAbilities
  /** This peer's reservations on circuit relays. */
  readonly reservations: CircuitReservations
  readonly #proved: ProvenCircuitRelays
  /** Whether somebody outside the local network has dialled this peer. */
  #wasReached = false

  private constructor({ libp2p, components, traffic, probe, proved, maxParallelDials }: Libp2pNode) {
    this.libp2p = libp2p
    this.maxParallelDials = maxParallelDials
    this.#traffic = traffic
    this.silent = new SilentConnections(traffic)
    this.abilities = new PeerAbilities(libp2p)
    this.#proved = proved
    const { peerId, peerStore, transportManager } = components
    this.reservations = new CircuitReservations(
      { peerId, peerStore, transports: () => transportManager.getTransports(), probe },
      proved,
    )
    this.#components = components
    libp2p.addEventListener('connection:open', ({ detail: { direction, remoteAddr } }) => {
      const isDialled = direction === 'inbound' && !THROUGH_CIRCUIT_RELAY.test(remoteAddr.toString())
      if (isDialled && isNetworkAddress(remoteAddr) && !isPrivate(remoteAddr)) this.#wasReached = true
    })
  }

  /** Creates and starts a peer. Rejects if it can't listen on an address of `init`. */
  static async create(init: PeerInit): Promise<Peer> {
    return new Peer(await startLibp2pNode(init))
  }

  get id(): string {
    return this.libp2p.peerId.toString()
  }

  /** The addresses that others may dial, without the peer's own `/p2p/…` suffix. */
  get addresses(): string[] {
    return this.libp2p.getMultiaddrs().map((address) => withoutPeer(address, this.id))
  }

  /** Up to {@link MAX_LISTED} known addresses, the announced ones first. */
  get addressStatuses(): AddressStatus[] {
    return addressStatuses(this.#ownAddresses, new Set(this.addresses), (address) =>
      withoutPeer(address, this.id),
    ).slice(0, MAX_LISTED)
  }

  /**
   * Whether an address of this peer is confirmed to be reachable. An address that the user configured counts
   * as confirmed only after somebody outside the local network has dialled the peer.
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

  /** The oldest {@link MAX_LISTED} open connections, with the number and the traffic of all of them. */
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

  /** Returns this peer's addresses in an envelope that it has signed. Each has a higher number. */
  async sealRecord(): Promise<Uint8Array> {
    const { peerId, privateKey } = this.#components
    const multiaddrs = this.addresses.map((address) => multiaddr(address))
    return (await RecordEnvelope.seal(new PeerRecord({ peerId, multiaddrs }), privateKey)).marshal()
  }

  /** Adds a transport to the running peer and listens on these multiaddrs with it. */
  async addTransport(factory: TransportFactory, listen: string[]): Promise<void> {
    const transport: Transport & Partial<Startable> = signalOverCircuits(dropAbandonedConnections(factory))(
      this.#components,
    )
    this.#components.transportManager.add(transport)
    if (isStartable(transport)) {
      await transport.beforeStart?.()
      await transport.start()
      await transport.afterStart?.()
    }
    await this.#components.transportManager.listen(listen.map((address) => multiaddr(address)))
  }

  /** Removes the transport with this `Symbol.toStringTag`, with its listeners and their addresses. */
  async removeTransport(tag: string): Promise<void> {
    const transport = this.#components.transportManager
      .getTransports()
      .find((one) => one[Symbol.toStringTag] === tag)
    if (transport === undefined) return
    await this.#components.transportManager.remove(tag)
    if (isStartable(transport)) await transport.stop()
  }

  /** Returns whether a transport of this peer can dial the address. */
  canDial(address: Multiaddr): boolean {
    return this.#components.transportManager.dialTransportForMultiaddr(address) !== undefined
  }

  /**
   * Opens one more link over this address, also while js-libp2p dials another address of the same peer.
   * `libp2p.dial` would join that dial, and so wait for it.
   */
  async dialBeside(address: Multiaddr, signal: AbortSignal): Promise<Connection> {
    const { connectionGater, transportManager } = this.#components
    if ((await connectionGater.denyDialMultiaddr?.(address)) === true)
      throw new Error('this address may not be dialled')
    return await transportManager.dial(address, { signal })
  }

  /**
   * Listens on one more address. Returns its listener even if listening failed, as the listener can try
   * again.
   */
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

  /** Returns the progress of a connection's traffic. `hasMoved` compares two of these. */
  progressOf(connection: Connection): Progress {
    return this.#traffic.progressOf(connection)
  }

  /**
   * Returns whether the other side of a connection answers within `timeoutMs`. Any other traffic counts as an
   * answer, since a slow or busy connection is alive. A circuit with limits counts as alive unless
   * `askLimited` is set, because each question would use some of its bytes. Rejects with the signal's reason
   * if `signal` is aborted first.
   */
  async isAlive(
    connection: Connection,
    timeoutMs: number,
    signal: AbortSignal,
    { askLimited = false } = {},
  ): Promise<boolean> {
    for (;;) {
      const noteSilence = this.silent.ask(connection)
      const askedMs = performance.now()
      const timeout = timeoutSignal(timeoutMs)
      try {
        const stream = await connection.newStream(UNSERVED_PROTOCOL, {
          signal: AbortSignal.any([signal, timeout]),
          runOnLimitedConnection: askLimited,
        })
        stream.abort(new Error('this stream only checked that the peer answers'))
        return true
      } catch {
        signal.throwIfAborted()
        // An unsupported protocol is an answer, and no other error proves that the connection is dead.
        if (!timeout.aborted) return true
        // If this process or its machine was suspended meanwhile, the answer may be waiting to be read.
        if (performance.now() - askedMs > timeoutMs + SUSPENSION_MS) continue
        noteSilence()
        return !this.silent.has(connection)
      }
    }
  }

  /**
   * Aborts a connection that nobody uses. Streams that libp2p runs on every connection don't count as use.
   */
  release(connection: Connection, reason: Error): void {
    if (!isUsed(connection)) connection.abort(reason)
  }

  /** The open links on which more runs than the streams that libp2p runs on every one. */
  get linksInUse(): Connection[] {
    return this.libp2p.getConnections().filter((link) => link.status === 'open' && isUsed(link))
  }

  /**
   * Waits until the other sides of these links have handled what was sent to them, for `timeoutMs` at most.
   */
  async delivered(links: readonly Connection[], timeoutMs: number): Promise<void> {
    const { signal } = new AbortController()
    // A link delivers in order, so an answer tells that everything before the question has arrived.
    await Promise.all(links.map((link) => this.isAlive(link, timeoutMs, signal, { askLimited: true })))
  }

  /** Returns whether a circuit to another peer goes through this circuit relay. */
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

function isUsed({ streams }: Connection): boolean {
  return streams.some(({ protocol }) => !UPKEEP_PROTOCOLS.has(protocol))
}

function withoutPeer(address: Multiaddr, peer: string): string {
  const text = address.toString()
  const suffix = `/p2p/${peer}`
  return text.endsWith(suffix) ? text.slice(0, -suffix.length) : text
}
