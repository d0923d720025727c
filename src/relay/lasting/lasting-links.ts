import type { Connection, Stream } from '@libp2p/interface'
import type { LastingLimits, LastingStream } from '../../lasting/index.ts'
import {
  LASTING_PROTOCOL,
  LastingRefusedError,
  LastingStreams,
  LastingUnsupportedError,
} from '../../lasting/index.ts'
import type { LastingStatus } from '../../status/index.ts'
import type { Abilities } from '../dialing/abilities.ts'
import type { DialRequest, StreamOpener } from '../dialing/dial-request.ts'
import type { DirectLinks } from '../dialing/direct-links.ts'
import type { LinkDescription } from '../dialing/link.ts'
import { UnservedError, openStream } from '../dialing/open-stream.ts'
import type { StreamLink } from '../dialing/stream-link.ts'
import { openRawStream } from '../libp2p/early-streams.ts'
import { proposeAll } from '../libp2p/pipelined-proposals.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import type { Peer } from '../peer.ts'
import { pause } from '../timeouts.ts'
import type { CarrierSearchInit } from './carrier-search.ts'
import { CarrierSearch } from './carrier-search.ts'
import { CircuitBudget } from './circuit-budget.ts'
import type { CarrierWishes } from './lasting-link.ts'
import { Improvements } from './improvements.ts'
import { LastingLink } from './lasting-link.ts'
import { Migrations, rankOf } from './migrations.ts'

/** The most carriers per link in each direction. A stream has two carriers while it moves. */
const MAX_CARRIERS_PER_LINK = 4096
/** Milliseconds that a stopping peer waits for its resets to be sent. */
const STOP_TIMEOUT_MS = 1_000
/** Used if the request doesn't allow a lasting stream, so the peer's real abilities don't matter. */
const NO_ABILITIES: Abilities = { webRtc: false, lasting: false }

/** A stream for a client, and its link. */
interface Opened {
  stream: Stream
  link: StreamLink
}

/** What {@link LastingLinks} needs. */
export interface LastingLinksInit {
  peer: Peer
  direct: DirectLinks
  log: Log
  limits: Partial<LastingLimits>
  dial: CarrierSearchInit['dial']
  /** Returns the handler for a protocol's streams, or undefined if the protocol isn't served. */
  serve(protocol: string): ((stream: Stream, peer: string, link: StreamLink) => void) | undefined
  /** Creates the link of an ordinary stream. */
  plainLink(connection: Connection): StreamLink
  /** Describes a link that a stream has lost. `error` is the carrier's error, if it had one. */
  describe(connection: Connection, error: Error | undefined): LinkDescription
  /** Called when a stream has lost this link. */
  lost(connection: Connection, error: Error | undefined): void
  /** Called when the other side seems to have lost this link, although it is still open on this side. */
  suspect(connection: Connection): void
}

/** Opens lasting streams to peers that support them, and ordinary streams to other peers. */
export class LastingLinks implements StreamOpener<Opened> {
  readonly #init: LastingLinksInit
  readonly #streams: LastingStreams
  readonly #search: CarrierSearch
  readonly #migrations: Migrations
  readonly #improvements: Improvements
  readonly #budget: CircuitBudget
  readonly #links = new Map<LastingStream, LastingLink>()
  /** The connection of each carrier. */
  readonly #connections = new WeakMap<Stream, Connection>()
  readonly #stopping = new AbortController()

  constructor(init: LastingLinksInit) {
    this.#init = init
    const { peer, direct, log, limits, dial } = init
    const { libp2p } = peer
    const opened = (carrier: Stream, link: Connection): void => void this.#connections.set(carrier, link)
    this.#streams = new LastingStreams({
      openCarrier: (id, signal, stream) =>
        this.#search.open(id, stream.direction, this.#wishesOf(stream), signal),
      log: libp2p.logger.forComponent('libp2p-websocket:lasting'),
      limits,
      budgetBytes: (carrier) => {
        const link = this.#connections.get(carrier)
        return link === undefined ? Infinity : this.#budget.bytesFor(link)
      },
      changed: (stream) => this.#changed(stream),
      carrierLost: (stream, carrier, error) => this.#carrierLost(stream, carrier, error),
    })
    this.#budget = new CircuitBudget({
      peer,
      direct,
      changed: (id) => this.#streams.pump(id),
      stopping: this.#stopping.signal,
    })
    this.#search = new CarrierSearch({ peer, log, dial, opened })
    this.#migrations = new Migrations({
      log,
      stopping: this.#stopping.signal,
      streamsWith: (id) => this.#streamsWith(id),
      migrate: (stream, carrier) => this.#streams.migrate(stream, carrier),
      suspect: (link) => init.suspect(link),
      isSilent: (link) => peer.silent.has(link),
      opened,
    })
    this.#improvements = new Improvements({
      peer,
      direct,
      log,
      stopping: this.#stopping.signal,
      streams: () => this.#links,
      moveTo: async (link) => this.#migrations.moveTo(link),
    })
    libp2p
      .handle(LASTING_PROTOCOL, (carrier, connection) => this.#accept(carrier, connection), {
        runOnLimitedConnection: true,
        maxInboundStreams: MAX_CARRIERS_PER_LINK,
        maxOutboundStreams: MAX_CARRIERS_PER_LINK,
      })
      .catch((error: unknown) => log('warn', `handle ${LASTING_PROTOCOL}: ${messageOf(error)}`))
    libp2p.addEventListener(
      'connection:open',
      ({ detail }) => {
        this.#streams.retry(detail.remotePeer.toString())
        void this.#migrations.moveTo(detail)
      },
      { signal: this.#stopping.signal },
    )
  }

  async open(link: Connection, request: DialRequest, signal: AbortSignal): Promise<Opened> {
    const abilities = request.lasting ? await this.#init.peer.abilities.known(link) : NO_ABILITIES
    if (abilities?.lasting === true) {
      const opened = await this.#openKnown(link, request, signal)
      if (opened !== undefined) return opened
    }
    if (abilities === undefined) return await this.#openUnknown(link, request, signal)
    return await this.#openPlain(link, request.protocol, signal)
  }

  async openLasting(
    link: Connection,
    request: DialRequest,
    signal: AbortSignal,
  ): Promise<Opened | undefined> {
    // On first contact, proposing the protocol would be faster, but peers without lasting streams would see
    // an unknown proposal.
    const abilities = await this.#init.peer.abilities.learn(link, signal)
    if (abilities?.lasting !== true) return undefined
    return await this.#openKnown(link, request, signal)
  }

  /**
   * Looks for better links for streams on circuits. Call it when this peer becomes able to make other kinds
   * of links.
   */
  improve(): void {
    this.#improvements.look()
  }

  get status(): LastingStatus {
    const { streamCount, interruptedCount, counts, limits } = this.#streams
    return {
      streams: streamCount,
      interrupted: interruptedCount,
      unacknowledgedBytes: this.#streams.unacknowledgedBytes(),
      ...counts,
      limits: {
        maxUnacknowledgedBytesPerStream: limits.maxUnacknowledgedBytesPerStream,
        maxUnacknowledgedBytesPerPeer: limits.maxUnacknowledgedBytesPerPeer,
        maxUnacknowledgedBytes: limits.maxUnacknowledgedBytes,
        maxInterruptedPerPeer: limits.maxInterruptedPerPeer,
        maxResumesPerSecond: limits.maxResumesPerSecond,
        resumeTimeoutMs: limits.resumeTimeoutMs,
      },
    }
  }

  /** Ends every stream, and waits up to {@link STOP_TIMEOUT_MS} for the resets to be sent. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the peer is stopping'))
    this.#streams.stop()
    const carriers = this.#init.peer.libp2p
      .getConnections()
      .flatMap(({ streams }) => streams)
      .filter(({ protocol, status }) => protocol === LASTING_PROTOCOL && status === 'open')
    const closed = carriers.map(
      (carrier) => new Promise<unknown>((resolve) => carrier.addEventListener('close', resolve)),
    )
    const over = new AbortController()
    await Promise.race([Promise.all(closed), pause(STOP_TIMEOUT_MS, over.signal)])
    over.abort(new Error('every reset has been sent'))
  }

  /**
   * Opens a lasting stream to a peer that supports them. Returns undefined if the peer refuses one for this
   * protocol.
   */
  async #openKnown(link: Connection, request: DialRequest, signal: AbortSignal): Promise<Opened | undefined> {
    try {
      const carrier = await openRawStream(link, signal)
      return await this.#openOn(carrier, link, request, { signal })
    } catch (error) {
      if (isDeclined(error)) return undefined
      throw error
    }
  }

  /** Proposes a lasting stream and an ordinary one together, so that neither needs an extra round trip. */
  async #openUnknown(link: Connection, request: DialRequest, signal: AbortSignal): Promise<Opened> {
    const { protocol } = request
    const stream = await openRawStream(link, signal)
    try {
      const taken = await proposeAll(stream, [LASTING_PROTOCOL, protocol], signal)
      if (taken === undefined) throw new UnservedError(protocol)
      if (taken === protocol) return { stream, link: this.#init.plainLink(link) }
      return await this.#openOn(stream, link, request, { signal, isNameSent: true })
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error('the stream was not opened', { cause: error }))
      if (isDeclined(error)) return await this.#openPlain(link, protocol, signal)
      throw error
    }
  }

  async #openPlain(link: Connection, protocol: string, signal: AbortSignal): Promise<Opened> {
    return { stream: await openStream(link, protocol, signal), link: this.#init.plainLink(link) }
  }

  async #openOn(
    carrier: Stream,
    connection: Connection,
    { protocol, target: { addrs }, relay }: DialRequest,
    options: { signal: AbortSignal; isNameSent?: boolean },
  ): Promise<Opened> {
    this.#connections.set(carrier, connection)
    const stream = await this.#streams.open(carrier, connection.remotePeer.toString(), protocol, options)
    return { stream, link: this.#createLink(stream, { addrs, relay }) }
  }

  #accept(carrier: Stream, connection: Connection): void {
    this.#connections.set(carrier, connection)
    const peer = connection.remotePeer.toString()
    this.#streams.accept(carrier, peer, (protocol) => {
      const take = this.#init.serve(protocol)
      if (take === undefined) return undefined
      return (stream) => take(stream, peer, this.#createLink(stream, { addrs: [], relay: '' }))
    })
  }

  #createLink(stream: LastingStream, wishes: CarrierWishes): LastingLink {
    const link = new LastingLink(stream, this.#connectionOf(stream), wishes)
    if (stream.status !== 'open') return link
    this.#links.set(stream, link)
    stream.addEventListener('close', () => this.#links.delete(stream), { once: true })
    return link
  }

  *#streamsWith(peer: string): Generator<[LastingStream, LastingLink], void> {
    for (const stream of this.#streams.streams(peer)) {
      const link = this.#links.get(stream)
      if (link !== undefined) yield [stream, link]
    }
  }

  #wishesOf(stream: LastingStream): CarrierWishes {
    return this.#links.get(stream)?.wishes ?? { addrs: [], relay: '' }
  }

  #changed(stream: LastingStream): void {
    const link = this.#links.get(stream)
    if (link === undefined) return
    const { connection: former } = link
    const connection = this.#connectionOf(stream)
    link.move(connection)
    this.#init.log(
      'debug',
      `the stream ${stream.name.slice(0, 8)} ${connection === undefined ? 'has no link' : `continues over ${connection.remoteAddr.toString()}`}`,
    )
    if (connection === undefined) return
    // The other side moves to a link that isn't better only if it has lost its current one.
    if (former !== undefined && rankOf(connection) <= rankOf(former)) this.#init.suspect(former)
    if (link.state === 'relayed') this.#improvements.look()
  }

  #connectionOf({ carrier }: LastingStream): Connection | undefined {
    return carrier === undefined ? undefined : this.#connections.get(carrier)
  }

  #carrierLost(stream: LastingStream, carrier: Stream, error: Error | undefined): void {
    const connection = this.#connections.get(carrier)
    if (connection === undefined) return
    this.#links.get(stream)?.noteLoss(this.#init.describe(connection, error))
    this.#init.lost(connection, error)
  }
}

/**
 * Whether the other side supports no lasting streams, or none for this protocol. It may still accept ordinary
 * streams.
 */
function isDeclined(error: unknown): boolean {
  if (error instanceof LastingUnsupportedError) return true
  return error instanceof LastingRefusedError && error.reason === 'unsupported-protocol'
}
