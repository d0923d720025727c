import type { CircuitRelayServerComponents } from '@libp2p/circuit-relay-v2'
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import type { AbortOptions, Connection, Startable, Stream } from '@libp2p/interface'
import { isStartable } from '@libp2p/interface'
import type { ReservationBook } from '../reservation-book.ts'
import type { AnnouncedLimit, MessageStream } from './announced-limit.ts'
import { announcing, withLimit } from './announced-limit.ts'

/** The two streams that a circuit connects. */
export interface CircuitStreams {
  dialer: Stream
  listener: Stream
}

/** What the owner of a hop server decides. */
export interface HopServerInit {
  /** Replaces js-libp2p's store of reservations. */
  reservations: ReservationBook
  /** The circuits that one connection may carry. */
  maxCircuits: number
  /** The limit that peers are told. It replaces the one that is enforced. */
  announced: AnnouncedLimit | undefined
  /**
   * Admits a circuit, or returns undefined to refuse it with RESOURCE_LIMIT_EXCEEDED. The returned function
   * is called once, with the streams of the circuit, or with undefined if it could not be opened.
   */
  admit: (from: string, to: string) => ((circuit: CircuitStreams | undefined) => void) | undefined
  /** Chooses the connection that the circuit's listener is asked on. js-libp2p proposes its oldest. */
  choose: (proposed: Connection) => Connection
}

/** A request on a hop stream, and the stream to answer it on. */
interface HopRequest {
  stream: MessageStream & {
    write(message: Uint8Array, codec: { encode: (message: Uint8Array) => Uint8Array }): Promise<void>
    unwrap(): Stream
  }
  request: { peer?: { id: Uint8Array } }
  connection: Connection
}

/** The request that the listener of a circuit gets, and the connection that it is sent on. */
interface StopRequest {
  connection: Connection
  request: object
}

/** The parts of js-libp2p's circuit relay server that its interface leaves out. */
interface HopServer extends Startable {
  reservationStore: unknown
  handleReserve(request: HopRequest, options: AbortOptions): Promise<void>
  handleConnect(request: HopRequest, options: AbortOptions): Promise<void>
  /**
   * Asks the listener of a circuit, and resolves to the stream to it, or to undefined if it did not accept.
   */
  stopHop(request: StopRequest, options: AbortOptions): Promise<Stream | undefined>
}

/** A HopMessage of type STATUS (circuit relay v2 specification) with RESOURCE_LIMIT_EXCEEDED (201). */
const RESOURCE_LIMIT_EXCEEDED = Uint8Array.of(0x08, 2, 0x28, 201, 1)

/**
 * Returns js-libp2p's circuit relay server, with reservations, admission and announced limits of our own.
 *
 * @throws Error if js-libp2p's server no longer has the parts that this relies on
 */
export function createHopServer(components: CircuitRelayServerComponents, init: HopServerInit): Startable {
  const { reservations, maxCircuits, announced, admit, choose } = init
  const server = asHopServer(
    circuitRelayServer({ maxInboundHopStreams: maxCircuits, maxOutboundStopStreams: maxCircuits })(
      components,
    ),
  )
  server.reservationStore = reservations
  const handleReserve = server.handleReserve.bind(server)
  const handleConnect = server.handleConnect.bind(server)
  const stopHop = server.stopHop.bind(server)
  /**
   * The stream to each circuit's listener, by the options of its request: js-libp2p passes that object on.
   */
  const listeners = new WeakMap<AbortOptions, Stream>()

  server.handleReserve = async (request, options) =>
    handleReserve({ ...request, stream: announcing(request.stream, announced) }, options)
  server.handleConnect = async (request, given) => {
    const settle = admit(...endsOf(request))
    if (settle === undefined) {
      await request.stream.write(RESOURCE_LIMIT_EXCEEDED, { encode: (message) => message })
      return
    }
    const options = { ...given }
    let circuit: CircuitStreams | undefined
    try {
      await handleConnect({ ...request, stream: announcing(request.stream, announced) }, options)
      const listener = listeners.get(options)
      if (listener !== undefined) circuit = { dialer: request.stream.unwrap(), listener }
    } finally {
      settle(circuit)
    }
  }
  server.stopHop = async (asked, options) => {
    try {
      const request = withLimit(asked.request, announced)
      const stream = await stopHop({ connection: choose(asked.connection), request }, options)
      if (stream !== undefined) listeners.set(options, stream)
      return stream
    } catch {
      // Without a stream, js-libp2p answers CONNECTION_FAILED. An error would be reported as the dialer's own
      // mistake.
      return undefined
    }
  }
  return server
}

/** The dialer and the listener that a request names. js-libp2p's server validates them later. */
function endsOf({ connection, request }: HopRequest): [from: string, to: string] {
  return [connection.remotePeer.toString(), Buffer.from(request.peer?.id ?? []).toString('hex')]
}

/** Checks at the start what would otherwise show only when the circuit relay fills up. */
function asHopServer(service: unknown): HopServer {
  if (!isHopServer(service))
    throw new Error('@libp2p/circuit-relay-v2 has changed: its server lacks a method')
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
