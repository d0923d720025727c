import type { CircuitRelayServerComponents } from '@libp2p/circuit-relay-v2'
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import type {
  AbortOptions,
  Connection,
  Libp2pEvents,
  Startable,
  Stream,
  TypedEventTarget,
} from '@libp2p/interface'
import { isStartable } from '@libp2p/interface'
import { hasOwnTransport } from '../../relay/index.ts'
import type { RelayServiceStatus } from '../../status/index.ts'
import type { AnnouncedLimit, MessageStream } from './announced-limit.ts'
import { announcing, withLimit } from './announced-limit.ts'
import { CircuitShares } from './circuit-shares.ts'
import type { RelayLimits } from './relay-limits.ts'
import { RESERVATION_TTL_MS } from './relay-limits.ts'
import { ReservationBook } from './reservation-book.ts'

/** What js-libp2p gives to a service, as far as it is needed here. */
export type CircuitRelayComponents = CircuitRelayServerComponents & {
  events: TypedEventTarget<Libp2pEvents>
}

/** A request on a hop stream: the messages, with the means to answer. */
interface HopRequest {
  stream: MessageStream & {
    write(message: Uint8Array, codec: { encode: (message: Uint8Array) => Uint8Array }): Promise<void>
    unwrap(): Stream
  }
  request: { peer?: { id: Uint8Array } }
  connection: Connection
}

/** What the peer that is to be reached is asked, and on which of its connections. */
interface StopRequest {
  connection: Connection
  request: object
}

/** js-libp2p's server, with those of its parts that are no part of its interface. */
interface HopServer extends Startable {
  reservationStore: unknown
  handleReserve(request: HopRequest, options: AbortOptions): Promise<void>
  handleConnect(request: HopRequest, options: AbortOptions): Promise<void>
  /** Asks the peer that is to be reached; gives the stream to it, or nothing if there is none. */
  stopHop(request: StopRequest, options: AbortOptions): Promise<Stream | undefined>
}

/** A HopMessage of the circuit relay specification (v2), of type STATUS, with RESOURCE_LIMIT_EXCEEDED (201). */
const RESOURCE_LIMIT_EXCEEDED = Uint8Array.of(0x08, 2, 0x28, 201, 1)

/**
 * Circuit relay for others: js-libp2p's server, with reservations that are free again when their peer leaves, a cap for each
 * address, and as many circuits as the limits say.
 */
export class CircuitRelay implements Startable {
  readonly [Symbol.toStringTag] = 'libp2p-websocket-circuit-relay'
  readonly #components: CircuitRelayComponents
  readonly #limits: RelayLimits
  readonly #announced: AnnouncedLimit | undefined
  readonly #book: ReservationBook
  readonly #shares: CircuitShares
  readonly #server: HopServer
  #pending = 0
  #circuits = 0
  #opened = 0
  #refused = 0
  #bytes = 0
  #life: AbortController | undefined

  /** `announced` is what others are told of the limits for a circuit. */
  constructor(
    components: CircuitRelayComponents,
    limits: RelayLimits,
    announced: AnnouncedLimit | undefined,
    ttlMs: number = RESERVATION_TTL_MS,
  ) {
    this.#components = components
    this.#limits = limits
    this.#announced = announced
    this.#book = new ReservationBook(limits, ttlMs)
    this.#shares = new CircuitShares(limits.circuits)
    this.#server = asHopServer(
      // For one connection; for all together they are counted below.
      circuitRelayServer({ maxInboundHopStreams: limits.circuits, maxOutboundStopStreams: limits.circuits })(
        components,
      ),
    )
    this.#server.reservationStore = this.#book
    this.#countCircuits()
  }

  /** What it does for others. */
  get status(): RelayServiceStatus {
    const { full, address } = this.#book.refused
    return {
      reservations: this.#book.size,
      maxReservations: this.#limits.reservations,
      refusedFull: full,
      refusedAddress: address,
      circuits: this.#circuits,
      maxCircuits: this.#limits.circuits,
      openedCircuits: this.#opened,
      refusedCircuits: this.#refused,
      carriedBytes: this.#bytes,
    }
  }

  async start(): Promise<void> {
    this.#life = new AbortController()
    this.#components.events.addEventListener(
      'connection:close',
      ({ detail: connection }) => this.#closed(connection),
      { signal: this.#life.signal },
    )
    await this.#server.start()
  }

  async stop(): Promise<void> {
    this.#life?.abort()
    await this.#server.stop()
  }

  /** A reservation holds as long as its peer is connected by itself, by whichever connection. */
  #closed(connection: Connection): void {
    const { remotePeer } = connection
    const isHere = this.#components.connectionManager
      .getConnections(remotePeer)
      .some((one) => one.id !== connection.id && isToReserver(one))
    if (!isHere) this.#book.removeReservation(remotePeer)
  }

  #countCircuits(): void {
    const server = this.#server
    const handleReserve = server.handleReserve.bind(server)
    const handleConnect = server.handleConnect.bind(server)
    const stopHop = server.stopHop.bind(server)
    /** The stream to the peer that is reached, by the options of the request: they are passed on as they are. */
    const reached = new WeakMap<AbortOptions, Stream>()

    server.handleReserve = async (request, options) =>
      handleReserve({ ...request, stream: announcing(request.stream, this.#announced) }, options)
    server.handleConnect = async (request, given) => {
      const isFull = this.#circuits + this.#pending >= this.#limits.circuits
      const giveBack = isFull ? undefined : this.#shares.take(...endsOf(request))
      if (giveBack === undefined) {
        this.#refused += 1
        await request.stream.write(RESOURCE_LIMIT_EXCEEDED, { encode: (message) => message })
        return
      }
      const options = { ...given }
      let isOpen = false
      this.#pending += 1
      try {
        await handleConnect({ ...request, stream: announcing(request.stream, this.#announced) }, options)
        const stream = reached.get(options)
        isOpen = stream !== undefined && this.#opens(request.stream.unwrap(), stream, giveBack)
      } finally {
        this.#pending -= 1
        if (!isOpen) giveBack()
      }
    }
    server.stopHop = async (asked, options) => {
      try {
        const request = withLimit(asked.request, this.#announced)
        const stream = await stopHop({ connection: this.#best(asked.connection), request }, options)
        if (stream !== undefined) reached.set(options, stream)
        return stream
      } catch {
        // Without a stream the dialer is told that the peer could not be reached; the error would be told as its own mistake.
        return undefined
      }
    }
  }

  /** js-libp2p takes the peer's oldest connection, which may be just closing, a circuit or a WebRTC connection: it is the youngest one that is open. */
  #best(oldest: Connection): Connection {
    const [youngest] = this.#components.connectionManager
      .getConnections(oldest.remotePeer)
      .filter(isToReserver)
      .toSorted((one, other) => other.timeline.open - one.timeline.open)
    return youngest ?? oldest
  }

  /** Counts a circuit until it ends, and says whether it is still open. */
  #opens(dialer: Stream, listener: Stream, ended: () => void): boolean {
    this.#opened += 1
    if (listener.status !== 'open') return false
    this.#circuits += 1
    const end = (): void => {
      this.#circuits -= 1
      ended()
    }
    listener.addEventListener('close', end, { once: true })
    for (const stream of [dialer, listener]) {
      stream.addEventListener('message', ({ data }) => (this.#bytes += data.byteLength))
    }
    return true
  }
}

/** Who dials, and whom: as in the request, which js-libp2p's server checks afterwards. */
function endsOf({ connection, request }: HopRequest): [from: string, to: string] {
  return [connection.remotePeer.toString(), Buffer.from(request.peer?.id ?? []).toString('hex')]
}

/** A connection on which a peer can hold a reservation: it begins on no circuit. */
function isToReserver({ status, remoteAddr }: Connection): boolean {
  return status === 'open' && hasOwnTransport(remoteAddr)
}

/** These parts are none of js-libp2p's interface: should they go, that is noticed at the start, and not by relays that fill up. */
function asHopServer(service: unknown): HopServer {
  if (!isHopServer(service)) throw new Error('@libp2p/circuit-relay-v2 has changed: its server is another')
  return service
}

function isHopServer(service: unknown): service is HopServer {
  return (
    isStartable(service) &&
    'reservationStore' in service &&
    'handleReserve' in service &&
    typeof service.handleReserve === 'function' &&
    'handleConnect' in service &&
    typeof service.handleConnect === 'function' &&
    'stopHop' in service &&
    typeof service.stopHop === 'function'
  )
}
