// The file is long because it has all methods of the public class.

import type { Identity } from './identity.ts'
import { IdentityInUseError, formatKey, loadIdentity, parseKey, readKey } from './identity.ts'
import type { IdentifyMessage, Subprotocol } from '../protocol/index.ts'
import type { ClientStatus, HostStatus, IdentityStatus, RelayStatus } from '../status/index.ts'
import { MAX_LISTED } from '../status/index.ts'
import type { RelayBounds } from './bounds.ts'
import { DEFAULT_BOUNDS } from './bounds.ts'
import { Client } from './clients/client.ts'
import type { ClientPeer } from './clients/client-peer.ts'
import type { ControlSocket, ControlSocketHandlers } from './control-socket.ts'
import { messageOf } from './log.ts'
import { IdentityWatch } from './identity-watch.ts'
import type { TransportFactory } from './libp2p/transport-factory.ts'
import { Peer } from './peer.ts'
import { RecentRefusals } from './recent-refusals.ts'
import type { RelayComponents } from './relay-components.ts'
import { RunningPeer } from './running-peer.ts'

/** WebSocket close codes that the relay uses, from the IANA registry. */
const GOING_AWAY = 1001
const TRY_AGAIN_LATER = 1013

/** What the host knows of a client, for {@link Relay.accept}. */
export interface AcceptOptions {
  /**
   * Whether the client may read the private key: a page of the relay's own origin, or a program, on the same
   * machine.
   */
  mayHaveKey: boolean
  /** The WebSocket subprotocol that was chosen. Default empty: exactly the protocol of 2020. */
  subprotocol?: Subprotocol
  /** The client's name in the status. Several clients may share a name. Default empty. */
  name?: string
  /** Returns the name to show to people, which may change. Default: `name`. */
  label?: () => string
}

interface RunningIdentity {
  running: RunningPeer
  key: string
  watch: IdentityWatch
}

interface ExtraTransport {
  factory: TransportFactory
  listen: string[]
}

/**
 * The relay: one libp2p peer and the control sockets of its clients, on any host.
 *
 * The peer runs from the first Start message, or call of {@link Relay.start}, until {@link Relay.stop}.
 */
export class Relay {
  readonly #components: RelayComponents
  readonly #bounds: RelayBounds
  readonly #clients = new Map<Client, ControlSocket>()
  /**
   * The transports that the peer should have, and those that it has. {@link Relay.#applyTransports} makes
   * them agree.
   */
  readonly #extraTransports = new Map<string, ExtraTransport>()
  readonly #appliedTransports = new Set<string>()
  #applying: Promise<void> = Promise.resolve()
  #peer: Peer | undefined
  #identity: RunningIdentity | undefined
  #starting: Promise<void> | undefined
  #stopped = false
  readonly #createdMs = Date.now()
  readonly #refusals = new RecentRefusals()
  #identityFrom: IdentityStatus = { kind: 'unknown' }
  #startError: HostStatus['startError']

  constructor(components: RelayComponents, bounds: Partial<RelayBounds> = {}) {
    this.#components = components
    this.#bounds = { ...DEFAULT_BOUNDS, ...bounds }
  }

  /** Accepts a client's control socket. Its Hello has been sent when this returns. */
  accept(socket: ControlSocket, options: AcceptOptions): ControlSocketHandlers {
    if (this.#clients.size >= this.#bounds.maxClients) {
      socket.close(TRY_AGAIN_LATER, `the relay has ${this.#bounds.maxClients} clients, which is the limit`)
      return { message: () => undefined, drain: () => undefined, closed: () => undefined }
    }
    const { name = '', label = () => name, subprotocol = '' } = options
    const client: Client = new Client({
      socket,
      subprotocol,
      bounds: this.#bounds,
      log: this.#components.log,
      queueTask: this.#components.queueTask,
      peer: () => this.#identity?.running,
      start: (key) => this.#startFor(key),
      name,
      label,
      identify: () => this.#identify(options.mayHaveKey),
      refused: (refusal) => this.#refusals.add({ client: name, ...refusal }),
      closed: () => this.#clients.delete(client),
    })
    this.#clients.set(client, socket)
    return client
  }

  /**
   * Starts the peer if it isn't running, with `key` or else the stored identity.
   *
   * Rejects if the key is invalid or the peer can't start. You can then try again.
   */
  async start(key = ''): Promise<void> {
    if (this.#identity !== undefined) return
    this.#starting ??= this.#tryRun(key).finally(() => {
      this.#starting = undefined
    })
    await this.#starting
  }

  /**
   * Starts the peer if it isn't running, and returns it for streams of the host itself, which has the same
   * rights as a client. Rejects as {@link Relay.start} does.
   */
  async ownPeer(): Promise<ClientPeer> {
    await this.start()
    if (this.#identity === undefined) throw new Error('the relay is going away')
    return this.#identity.running
  }

  /** Closes every client's socket and stops the peer. The relay can't be started again. */
  async stop(): Promise<void> {
    this.#stopped = true
    const linksInUse = this.#peer?.linksInUse ?? []
    for (const [client, socket] of this.#clients) {
      socket.close(GOING_AWAY, 'the relay is going away')
      client.stop()
    }
    await this.#starting?.catch((error: unknown) => this.#components.log('debug', messageOf(error)))
    const identity = this.#identity
    this.#identity = undefined
    this.#peer = undefined
    identity?.watch.stop()
    await identity?.running.stop(linksInUse)
  }

  /**
   * Adds a transport that listens on the given multiaddrs to the peer, or to a peer that starts later. `tag`
   * is the transport's `Symbol.toStringTag`.
   */
  addTransport(tag: string, factory: TransportFactory, listen: string[]): Promise<void> {
    this.#extraTransports.set(tag, { factory, listen })
    this.#identity?.running.forgetFailures()
    return this.#applyTransports()
  }

  /** Removes the transport and its addresses. Its open connections are left as they are. */
  removeTransport(tag: string): Promise<void> {
    this.#extraTransports.delete(tag)
    return this.#applyTransports()
  }

  /**
   * Tries everything again that waits for a retry. Call it when the network is back or the machine has woken
   * up.
   */
  retry(): void {
    this.#identity?.running.retryReservations()
  }

  /**
   * Checks whether the stored identity was deleted while its peer runs. The status then says so. Does not
   * reject.
   */
  async checkIdentity(): Promise<void> {
    const { keys, log } = this.#components
    try {
      if (!this.#isKept() || (await keys.load()) !== undefined || !this.#isKept()) return
      this.#identityFrom = { kind: 'deleted' }
      log('warn', 'the stored key was deleted: this peer’s ID is lost when the peer stops')
    } catch (error) {
      log('debug', `could not check whether the stored key is still there: ${messageOf(error)}`)
    }
  }

  /** The current status: everything that decides whether peers can reach each other. */
  status(): RelayStatus {
    const { host, network, transports, tabs } = this.#components.report()
    const running = this.#identity?.running
    const clockJump = running?.clockJump
    return {
      atMs: Date.now(),
      host: {
        ...host,
        startedMs: this.#createdMs,
        identity: this.#identityFrom,
        ...(this.#startError === undefined ? {} : { startError: this.#startError }),
        ...(clockJump === undefined ? {} : { clockJump }),
      },
      network,
      transports: [...transports, { name: 'circuit', able: true }],
      ...(tabs === undefined ? {} : { tabs }),
      ...(running === undefined ? {} : { peer: running.status(this.#isPublic(running)) }),
      clients: this.#clientStatuses(),
      refusals: this.#refusals.list,
    }
  }

  #clientStatuses(): ClientStatus[] {
    let left = MAX_LISTED
    return [...this.#clients.keys()].map((client) => {
      const status = client.status(left)
      left -= status.streams.length
      return status
    })
  }

  async #startFor(key: string): Promise<void> {
    await this.start(key)
    if (key.trim() !== '' && formatKey(parseKey(key)) !== this.#identity?.key) {
      throw new Error(
        'another identity is running, and a peer keeps its key until it stops. The key of this Start is ignored, and the next Identify carries the running one. Back up your key before you store that one',
      )
    }
  }

  async #tryRun(key: string): Promise<void> {
    const identity = await this.#identityFor(key)
    try {
      await this.#run(identity)
      this.#startError = undefined
    } catch (error) {
      const kind = error instanceof IdentityInUseError ? 'identity-in-use' : 'failed'
      if (!this.#stopped) this.#startError = { kind, message: messageOf(error), atMs: Date.now() }
      throw error
    }
  }

  /**
   * Returns the identity of the client's key, else of the host's, else the stored one. Only a failure of the
   * store is the host's.
   */
  async #identityFor(key: string): Promise<Identity> {
    const given = key.trim() === '' ? this.#components.key : key
    if (given !== undefined) return { key: await readKey(given), from: { kind: 'given' } }
    try {
      return await loadIdentity(this.#components.keys)
    } catch (error) {
      this.#startError = { kind: 'failed', message: messageOf(error), atMs: Date.now() }
      throw error
    }
  }

  async #run({ key: privateKey, from }: Identity): Promise<void> {
    const { log } = this.#components
    const network = await this.#components.network()
    const host = await this.#components.peer(network)
    const peer = await Peer.create({ ...host, privateKey, queueTask: this.#components.queueTask })
    this.#peer = peer
    await this.#applyTransports()
    const {
      network: readNetwork,
      refusalOf = () => undefined,
      isLocalLoss = () => false,
      isStanding = () => false,
      circuitRelayStore,
    } = this.#components
    const running = new RunningPeer({
      peer,
      network,
      readNetwork,
      log,
      lasting: this.#bounds.lasting,
      refusalOf,
      isLocalLoss,
      isStanding,
      ...(circuitRelayStore === undefined ? {} : { circuitRelayStore }),
    })
    await running.dialable(this.#bounds.identifyTimeoutMs)
    if (this.#stopped) {
      await running.stop([])
      throw new Error('the relay is going away')
    }
    const watch = new IdentityWatch(
      peer.libp2p,
      () => JSON.stringify([this.#isPublic(running), running.peer.addresses]),
      () => {
        for (const client of this.#clients.keys()) client.identityChanged()
      },
    )
    this.#identity = { running, key: formatKey(privateKey), watch }
    this.#identityFrom = from
    if (from.kind === 'not-kept')
      log('warn', `the identity is not stored, and lasts until the peer stops: ${from.reason}`)
    if (from.kind === 'replaced') log('warn', `the stored identity was replaced by a new one: ${from.reason}`)
    log('info', `peer ${running.id} is running`)
    for (const client of this.#clients.keys()) client.identify()
  }

  #isKept(): boolean {
    const { kind } = this.#identityFrom
    return kind === 'kept' || kind === 'replaced'
  }

  /** Adds and removes the transports of the peer, if there is one, one after the other. */
  async #applyTransports(): Promise<void> {
    this.#applying = this.#applying.then(async () => {
      const peer = this.#peer
      if (peer === undefined) return
      for (const tag of this.#appliedTransports) {
        if (this.#extraTransports.has(tag)) continue
        this.#appliedTransports.delete(tag)
        await this.#attempt(`transport ${tag} was not removed`, () => peer.removeTransport(tag))
      }
      for (const [tag, { factory, listen }] of this.#extraTransports) {
        if (this.#appliedTransports.has(tag)) continue
        await this.#attempt(`transport ${tag} was not added`, async () => {
          await peer.addTransport(factory, listen)
          this.#appliedTransports.add(tag)
          this.#identity?.running.improveLinks()
        })
      }
    })
    await this.#applying
  }

  /** A transport that fails is logged, and the peer runs without it. */
  async #attempt(failure: string, change: () => Promise<void>): Promise<void> {
    try {
      await change()
    } catch (error) {
      this.#components.log('error', `${failure}: ${messageOf(error)}`)
    }
  }

  #identify(mayHaveKey: boolean): IdentifyMessage {
    if (this.#identity === undefined) throw new Error('the peer is not running')
    const { running, key } = this.#identity
    return {
      type: 'identify',
      public: this.#isPublic(running),
      peer: running.id,
      addresses: running.peer.addresses,
      key: mayHaveKey ? key : '',
    }
  }

  #isPublic(running: RunningPeer): boolean {
    return this.#components.fakePublic ?? running.peer.isPublic
  }
}
