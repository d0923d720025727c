import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { defaultMultiaddrSorter } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import { Circuit, WebRTC } from '@multiformats/multiaddr-matcher'
import type { PeerAddress } from '../../protocol/index.ts'
import { dialAddress } from './address-dial.ts'
import { kindOf } from '../addresses/address-kind.ts'
import type { FailedAttempt } from './dial-error.ts'
import { DialError, describeAttempts } from './dial-error.ts'
import type { DialTurns, EndTurn } from './dial-turns.ts'
import { reasonOfDial } from './dial-reason.ts'
import type { DirectLinks } from './direct-links.ts'
import { DIRECT_FIRST_MS } from './direct-links.ts'
import { circuitRelayOf } from '../addresses/circuit-relay-of.ts'
import { messageOf } from '../log.ts'
import { patiently, timeoutSignal } from '../timeouts.ts'
import type { Peer } from '../peer.ts'
import {
  circuitsThrough,
  circuitsTo,
  directConnections,
  knownAddresses,
  readAddresses,
  readTarget,
} from './peer-addresses.ts'
import { lookUp } from '../discovery/peer-lookup.ts'

/** Addresses of one peer that a Connect tries. */
const MAX_ADDRESSES = 25
/** Milliseconds for a connection that stands to open a stream: it may be dead without anybody having noticed. */
const STANDING_TIMEOUT_MS = 5_000
/** Milliseconds that each address is given at least; a silent one must not use up the time of those behind it. */
const MIN_ADDRESS_TIMEOUT_MS = 2_000
/** The part of its time that a Connect keeps for asking the network for other addresses than those given or known. */
const ROUTING_SHARE = 1 / 3
/** Streams that one connection may carry in each direction for one protocol of a client. */
export const MAX_STREAMS_PER_PROTOCOL = 1000

/** What a Connect asks for; `relay` as in its message. */
export interface DialRequest {
  /** Who asks: turns to dial are shared among the clients. */
  client: object
  target: PeerAddress
  protocol: string
  relay: string
  /** When the signal aborts it, by `performance.now()`. The time until then is shared among the addresses. */
  deadlineMs: number
}

/** A stream that a Connect has opened, and what carries it. */
export interface Dialed {
  stream: Stream
  link: Connection
}

/** What the dialer needs: the peer, and a host to be asked whether an address may be dialled that a page has named. */
export interface DialerComponents {
  peer: Peer
  direct: DirectLinks
  turns: DialTurns
  refusalOf: (address: Multiaddr) => string | undefined
  /** Relays of this peer, for a Connect through any of them. */
  relays: () => Multiaddr[]
}

/**
 * Opens a stream to a peer: on a direct connection that stands; else over the addresses given, or known, and then over those
 * that the network finds. What is direct has the first seconds; the relay has the stream only then. With `relay`, it is
 * opened on circuits only.
 *
 * Rejects with {@link DialError}, in words that say what was tried, also when `signal` ends it.
 */
export async function dial(
  components: DialerComponents,
  request: DialRequest,
  signal: AbortSignal,
): Promise<Dialed> {
  return await new Dial(components, request, signal).run()
}

/** An address whose turn to be dialled has come, and the milliseconds that it has to answer. */
interface Turn {
  address: Multiaddr
  shareMs: number
  endTurn: EndTurn
}

/** One Connect. Its methods give a stream, or undefined after they have noted what failed. */
class Dial {
  readonly #components: DialerComponents
  readonly #peer: Peer
  readonly #request: DialRequest
  readonly #signal: AbortSignal
  readonly #id: PeerId
  readonly #failed: FailedAttempt[] = []
  readonly #tried = new Set<string>()
  /** The kind of each address that no transport here can dial, by its text. */
  readonly #unusable = new Map<string, string>()

  constructor(components: DialerComponents, request: DialRequest, signal: AbortSignal) {
    this.#components = components
    this.#peer = components.peer
    this.#request = request
    this.#signal = signal
    this.#id = readTarget(request.target.peer)
  }

  async run(): Promise<Dialed> {
    const read = readAddresses(this.#request.target.addrs, this.#id)
    this.#failed.push(...read.failed)
    const addresses = this.#allowed(read.addresses)
    const { deadlineMs, relay } = this.#request
    if (relay !== '') return (await this.#throughRelay(addresses)) ?? this.#fail()

    const standing = await this.#onStanding(directConnections(this.#peer, this.#id))
    if (standing !== undefined) return standing
    const known = addresses.length > 0 ? addresses : await knownAddresses(this.#peer.libp2p, this.#id)
    const dialed = await this.#over(known, deadlineMs - ROUTING_SHARE * (deadlineMs - performance.now()))
    if (dialed !== undefined) return dialed
    return (await this.#overFound()) ?? this.#fail()
  }

  /** Over what the network tells, one answer after the other: each has half of the time that is left, as it may be a lie. */
  async #overFound(): Promise<Dialed | undefined> {
    try {
      for await (const found of lookUp(this.#peer, this.#id, this.#signal)) {
        const nowMs = performance.now()
        const dialed = await this.#over(found, nowMs + (this.#request.deadlineMs - nowMs) / 2)
        if (dialed !== undefined) return dialed
      }
      return undefined
    } catch (error) {
      if (error instanceof DialError || !this.#signal.aborted) throw error
      const tried =
        this.#failed.length === 0 ? 'no address of the peer was found' : describeAttempts(this.#failed)
      throw this.#gaveUp(tried)
    }
  }

  /** Over whichever of these is best: direct first, then the relay, and then what is direct and had no time before. */
  async #over(addresses: Multiaddr[], untilMs: number): Promise<Dialed | undefined> {
    const dialable = this.#dialable(addresses)
    const webRtc = dialable.filter((address) => WebRTC.exactMatch(address))
    const circuits = dialable.filter((address) => Circuit.exactMatch(address))
    const direct = defaultMultiaddrSorter(
      dialable.filter((address) => !webRtc.includes(address) && !circuits.includes(address)),
    )
    const isRelayed = circuits.length + circuitsTo(this.#peer, this.#id).length > 0
    const directUntilMs =
      isRelayed || webRtc.length > 0 ? Math.min(untilMs, performance.now() + DIRECT_FIRST_MS) : untilMs
    return (
      (await this.#overDirect(direct, directUntilMs)) ??
      (await this.#overWebRtc(webRtc, isRelayed ? directUntilMs : untilMs, isRelayed)) ??
      (await this.#overCircuits(circuits, directUntilMs, untilMs)) ??
      (await this.#overDirect(direct, untilMs))
    )
  }

  async #overDirect(addresses: Multiaddr[], untilMs: number): Promise<Dialed | undefined> {
    for await (const turn of this.#turns(addresses, untilMs)) {
      const dialed = await this.#attempt(turn.address, turn.shareMs, (signal) =>
        this.#openOver(() => this.#connect(turn, signal), signal),
      )
      if (dialed !== undefined) return dialed
    }
    return undefined
  }

  async #overWebRtc(
    addresses: Multiaddr[],
    untilMs: number,
    isRelayed: boolean,
  ): Promise<Dialed | undefined> {
    const { direct } = this.#components
    const [first] = addresses
    const waitMs = Math.min(untilMs - performance.now(), direct.patienceMs(this.#id))
    // Without a relay there is nothing else to be had.
    const leftMs = isRelayed ? waitMs : untilMs - performance.now()
    if (first === undefined || leftMs <= 0) return undefined
    return await this.#attempt(first, leftMs, (signal) =>
      this.#openOver(() => direct.find(this.#request.client, this.#id, addresses, signal), signal),
    )
  }

  /** On a circuit that stands, or over each of these. */
  async #overCircuits(
    addresses: Multiaddr[],
    directUntilMs: number,
    untilMs: number,
  ): Promise<Dialed | undefined> {
    const [standing] = circuitsTo(this.#peer, this.#id)
    if (standing !== undefined) {
      const dialed = await this.#onCircuit(standing, directUntilMs)
      if (dialed !== undefined) return dialed
    }
    for await (const turn of this.#turns(addresses, untilMs)) {
      const dialed = await this.#overCircuit(turn, directUntilMs)
      if (dialed !== undefined) return dialed
    }
    return undefined
  }

  /** A circuit that dies before it carries the stream is made once more. */
  async #overCircuit(turn: Turn, directUntilMs: number): Promise<Dialed | undefined> {
    const { address, shareMs } = turn
    for (let isFirst = true; ; isFirst = false) {
      const circuit = await this.#attempt(address, shareMs, (signal) => this.#connect(turn, signal))
      if (circuit === undefined) return undefined
      const dialed = await this.#onCircuit(circuit, directUntilMs)
      if (dialed !== undefined || circuit.status === 'open' || !isFirst) return dialed
    }
  }

  /**
   * A circuit may turn out to be the way to a direct connection. That one is waited for no longer than any other, and is made
   * for later streams where it comes too late for this one.
   */
  async #onCircuit(circuit: Connection, directUntilMs: number): Promise<Dialed | undefined> {
    const { direct } = this.#components
    const leftMs = Math.min(directUntilMs - performance.now(), direct.patienceMs(this.#id))
    if (leftMs > 0) {
      const dialed = await this.#attempt(circuit.remoteAddr, leftMs, async (signal) => {
        if (!(await direct.canReplace(circuit, signal))) return undefined
        return await this.#openOver(() => direct.find(this.#request.client, this.#id, [], signal), signal)
      })
      if (dialed !== undefined) return dialed
    }
    const dialed = await this.#onStanding([circuit])
    if (dialed !== undefined) direct.improve(this.#id)
    return dialed
  }

  /** On circuits only, through the relay that the request names: one that stands, or a new one. */
  async #throughRelay(given: Multiaddr[]): Promise<Dialed | undefined> {
    const circuits = this.#allowed(
      circuitsThrough(this.#request.relay, this.#id, given, this.#components.relays()),
    )
    const through = new Set(circuits.map((circuit) => circuitRelayOf({ remoteAddr: circuit })))
    const standing = circuitsTo(this.#peer, this.#id).filter((one) => through.has(circuitRelayOf(one)))
    const dialed = await this.#onStanding(standing)
    if (dialed !== undefined) return dialed
    const dialable = this.#dialable(circuits)
    for await (const turn of this.#turns(dialable, this.#request.deadlineMs)) {
      const connect = async (signal: AbortSignal): Promise<Connection> => {
        const circuit = await this.#connect(turn, signal, true)
        // js-libp2p has one dial for a peer at a time: it may have joined one of another kind.
        if (circuitRelayOf(circuit) === undefined)
          throw new Error('a direct connection was made at that time')
        return circuit
      }
      const dialed = await this.#attempt(turn.address, turn.shareMs, (signal) =>
        this.#openOver(() => connect(signal), signal),
      )
      if (dialed !== undefined) return dialed
    }
    return undefined
  }

  /** Those that the host lets a page name; why it does not let the others is noted. */
  #allowed(addresses: Multiaddr[]): Multiaddr[] {
    return addresses.filter((address) => {
      const reason = this.#components.refusalOf(address)
      if (reason !== undefined) this.#failed.push({ address: address.toString(), reason })
      return reason === undefined
    })
  }

  /** Those that some transport here can dial, {@link MAX_ADDRESSES} at most; the kinds of the others are noted. */
  #dialable(addresses: Multiaddr[]): Multiaddr[] {
    return addresses
      .filter((address) => {
        const canDial = this.#peer.canDial(address)
        if (!canDial) this.#unusable.set(address.toString(), kindOf(address))
        return canDial
      })
      .slice(0, MAX_ADDRESSES)
  }

  async #onStanding(connections: Connection[]): Promise<Dialed | undefined> {
    for (const connection of connections) {
      const dialed = await this.#attempt(
        connection.remoteAddr,
        STANDING_TIMEOUT_MS,
        (signal) => this.#openStream(connection, signal),
        this.#peer.silent.ask(connection),
      )
      if (dialed !== undefined) return dialed
    }
    return undefined
  }

  /**
   * The addresses that have not been tried, each when it is this client's turn to dial, with its share of the time until
   * `untilMs`. The turn ends with the dial, or with the step of the loop. The wait for a turn counts for the whole Connect alone.
   */
  async *#turns(addresses: Multiaddr[], untilMs: number): AsyncGenerator<Turn, void> {
    let endMs = untilMs
    const left = addresses.filter((address) => !this.#tried.has(address.toString()))
    for (const [index, address] of left.entries()) {
      const askedMs = performance.now()
      if (askedMs >= endMs) return
      const endTurn = await this.#turn()
      endMs = Math.min(this.#request.deadlineMs, endMs + performance.now() - askedMs)
      try {
        this.#tried.add(address.toString())
        const shareMs = Math.floor((endMs - performance.now()) / (left.length - index))
        yield { address, shareMs: Math.max(MIN_ADDRESS_TIMEOUT_MS, shareMs), endTurn }
      } finally {
        endTurn()
      }
    }
  }

  /** Rejects if the turn doesn't come in time for an address to answer. */
  async #turn(): Promise<EndTurn> {
    const { client, deadlineMs } = this.#request
    const askedMs = performance.now()
    let endTurn: EndTurn | undefined
    try {
      endTurn = await this.#components.turns.take(client, this.#signal)
      const leftMs = deadlineMs - performance.now()
      if (leftMs >= MIN_ADDRESS_TIMEOUT_MS || leftMs > performance.now() - askedMs) return endTurn
      // Too late. It keeps the turn, so that those behind it, which are later still, do not begin either.
      return await patiently(new Promise<never>(() => undefined), this.#signal)
    } catch {
      endTurn?.()
      const tried = this.#failed.length === 0 ? '' : `; ${describeAttempts(this.#failed)}`
      throw this.#gaveUp(`it was waiting for other dials of this page to end${tried}`)
    }
  }

  /** Gives what `work` does; notes why it failed, or ends the whole where nothing else can succeed. */
  async #attempt<T>(
    address: Multiaddr,
    patienceMs: number,
    work: (signal: AbortSignal) => Promise<T>,
    timedOut?: () => void,
  ): Promise<T | undefined> {
    const patience = timeoutSignal(patienceMs)
    try {
      return await work(AbortSignal.any([this.#signal, patience]))
    } catch (error) {
      if (error instanceof UnservedError) throw error
      const waited = `no answer in ${Math.round(patienceMs / 100) / 10} s`
      if (patience.aborted) timedOut?.()
      const reason = patience.aborted ? waited : reasonOfDial(error, address)
      this.#failed.push({ address: address.toString(), reason })
    }
    if (this.#signal.aborted) throw this.#gaveUp(describeAttempts(this.#failed))
    return undefined
  }

  /** Returns a connection over this address, or, without `force`, one that has been opened to the peer since. */
  async #connect({ address, endTurn }: Turn, signal: AbortSignal, force = false): Promise<Connection> {
    try {
      return await dialAddress(this.#peer, this.#id, address, { signal, force })
    } finally {
      endTurn()
    }
  }

  /** Opens the stream on what `connect` returns, and tries once more if that connection dies before it carries the stream. */
  async #openOver(connect: () => Promise<Connection>, signal: AbortSignal): Promise<Dialed> {
    const connection = await connect()
    try {
      return await this.#openStream(connection, signal)
    } catch (error) {
      if (error instanceof UnservedError || signal.aborted || connection.status === 'open') throw error
      return await this.#openStream(await connect(), signal)
    }
  }

  async #openStream(connection: Connection, signal: AbortSignal): Promise<Dialed> {
    const { protocol } = this.#request
    try {
      const stream = await connection.newStream(protocol, {
        signal,
        runOnLimitedConnection: true,
        maxOutboundStreams: MAX_STREAMS_PER_PROTOCOL,
      })
      return { stream, link: connection }
    } catch (error) {
      if (error instanceof Error && error.name === 'UnsupportedProtocolError')
        throw new UnservedError(`the peer does not serve ${protocol}`, { cause: error })
      throw error
    }
  }

  #gaveUp(what: string): DialError {
    return new DialError(`${messageOf(this.#signal.reason)}; ${what}`)
  }

  #fail(): never {
    const { relay, target } = this.#request
    const unusable = this.#describeUnusable()
    if (this.#failed.length > 0) {
      const tried = describeAttempts(this.#failed)
      throw new DialError(unusable === undefined ? tried : `${tried}; ${unusable}`)
    }
    if (unusable !== undefined) throw new DialError(unusable)
    throw new DialError(
      relay === ''
        ? `no address is known for ${target.peer}: ask for its connect string`
        : `no relay is known to reach ${target.peer} through`,
    )
  }

  /** Says how many addresses nothing here can dial, of which kinds, and which kinds to ask for. */
  #describeUnusable(): string | undefined {
    const count = this.#unusable.size
    if (count === 0) return undefined
    const kinds = [...new Set(this.#unusable.values())].join(', ')
    const other = this.#failed.length > 0 ? 'other ' : ''
    const which = count === 1 ? `one ${other}address` : `${count} ${other}addresses`
    const wanted = this.#peer.canDial(multiaddr('/webrtc'))
      ? 'WebSocket, WebRTC or relay'
      : 'WebSocket or relay'
    return `${which} of ${this.#request.target.peer} cannot be used here (${kinds}): ask for a ${wanted} address`
  }
}

/** The peer was reached and does not serve the protocol: no other way to it would help. */
class UnservedError extends DialError {}
