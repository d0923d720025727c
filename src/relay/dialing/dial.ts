// The file is long because a dial is one sequence of attempts that share a report and a deadline.

import type { Connection, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import { circuitRelayOf } from '../addresses/circuit-relay-of.ts'
import { lookUp } from '../discovery/peer-lookup.ts'
import { messageOf } from '../log.ts'
import type { Peer } from '../peer.ts'
import { timeoutSignal } from '../timeouts.ts'
import { dialAddress } from './address-dial.ts'
import type { AddressTurn } from './address-turns.ts'
import { AddressTurns } from './address-turns.ts'
import { DialError } from './dial-error.ts'
import { reasonOfDial } from './dial-reason.ts'
import { DialReport } from './dial-report.ts'
import type { DialComponents, DialRequest, StreamOpener } from './dial-request.ts'
import { DIRECT_FIRST_MS } from './direct-links.ts'
import { firstCircuit } from './first-circuit.ts'
import { UnservedError } from './open-stream.ts'
import {
  circuitsThrough,
  circuitsTo,
  directConnections,
  knownAddresses,
  readAddresses,
  readTarget,
  sortByWay,
} from './peer-addresses.ts'

/** Addresses of one peer that a Connect tries. */
const MAX_ADDRESSES = 25
/** Milliseconds for an open link to open a stream: the link may be dead without anybody having noticed. */
const OPEN_LINK_TIMEOUT_MS = 5_000
/** The fraction of its time that a Connect reserves for addresses that it must ask the network for. */
const ROUTING_SHARE = 1 / 3

/**
 * Opens a stream to a peer on an open direct link, else on one over the given or known addresses, else on one
 * over addresses that the network finds. A stream that outlives its link takes the first link that works, and
 * a better one is made behind it. For others, the first seconds are for direct links only; after that they
 * may go through a circuit relay. If the request names a circuit relay, only circuits are used.
 *
 * Rejects with a {@link DialError} that says what was tried, also when `signal` is aborted.
 */
export async function dial<Opened>(
  components: DialComponents,
  request: DialRequest,
  opener: StreamOpener<Opened>,
  signal: AbortSignal,
): Promise<Opened> {
  return await new Dial(components, request, opener, signal).run()
}

/** One Connect. Its methods return a stream, or undefined after adding what failed to the report. */
class Dial<Opened> {
  readonly #components: DialComponents
  readonly #peer: Peer
  readonly #request: DialRequest
  readonly #opener: StreamOpener<Opened>
  readonly #signal: AbortSignal
  readonly #id: PeerId
  readonly #report = new DialReport()
  readonly #turns: AddressTurns

  constructor(
    components: DialComponents,
    request: DialRequest,
    opener: StreamOpener<Opened>,
    signal: AbortSignal,
  ) {
    const { client, deadlineMs } = request
    this.#components = components
    this.#peer = components.peer
    this.#request = request
    this.#opener = opener
    this.#signal = signal
    this.#id = readTarget(request.target.peer)
    this.#turns = new AddressTurns({
      turns: components.turns,
      client,
      deadlineMs,
      signal,
      tooLate: () => {
        const waited = 'it was waiting for other dials of this page to finish'
        return this.#gaveUp([waited, this.#report.attempts].filter((part) => part !== undefined).join('; '))
      },
    })
  }

  async run(): Promise<Opened> {
    const { target, deadlineMs, relay } = this.#request
    const read = readAddresses(target.addrs, this.#id)
    this.#report.addUnreadable(read.failed)
    const addresses = this.#permitted(read.addresses)
    if (relay !== '') return (await this.#throughCircuitRelay(addresses)) ?? this.#fail()

    const onOpen = await this.#onOpenLinks(directConnections(this.#peer, this.#id))
    if (onOpen !== undefined) return onOpen
    const known = addresses.length > 0 ? addresses : await knownAddresses(this.#peer.libp2p, this.#id)
    const untilMs = deadlineMs - ROUTING_SHARE * (deadlineMs - performance.now())
    return (await this.#over(known, untilMs)) ?? (await this.#overFound()) ?? this.#fail()
  }

  /**
   * Tries the network's answers one after the other. Each gets half of the time that is left, as it may be
   * wrong.
   */
  async #overFound(): Promise<Opened | undefined> {
    try {
      for await (const found of lookUp(this.#peer, this.#id, this.#signal)) {
        const nowMs = performance.now()
        const dialed = await this.#over(found, nowMs + (this.#request.deadlineMs - nowMs) / 2)
        if (dialed !== undefined) return dialed
      }
      return undefined
    } catch (error) {
      if (error instanceof DialError || !this.#signal.aborted) throw error
      throw this.#gaveUp(this.#report.attempts ?? 'no address of the peer was found')
    }
  }

  /**
   * Tries addresses, the best first: direct ones, then circuits for a stream that outlives them, then WebRTC,
   * then circuits for any stream, then the direct ones that had no time before.
   */
  async #over(addresses: Multiaddr[], untilMs: number): Promise<Opened | undefined> {
    const { direct, webRtc, circuits } = sortByWay(this.#dialable(addresses))
    const hasCircuit = circuits.length + circuitsTo(this.#peer, this.#id).length > 0
    const directUntilMs =
      hasCircuit || webRtc.length > 0 ? Math.min(untilMs, performance.now() + DIRECT_FIRST_MS) : untilMs
    return (
      (await this.#overDirect(direct, directUntilMs)) ??
      (await this.#overLastingCircuits(circuits, webRtc, untilMs)) ??
      (await this.#overWebRtc(webRtc, hasCircuit ? directUntilMs : untilMs, hasCircuit)) ??
      (await this.#overCircuits(circuits, directUntilMs, untilMs)) ??
      (await this.#overDirect(direct, untilMs))
    )
  }

  async #overDirect(addresses: Multiaddr[], untilMs: number): Promise<Opened | undefined> {
    for await (const turn of this.#turns.over(addresses, untilMs)) {
      const dialed = await this.#attempt(turn.address, turn.shareMs, (signal) =>
        this.#openOver(() => this.#connect(turn, signal), signal),
      )
      if (dialed !== undefined) return dialed
    }
    return undefined
  }

  /**
   * Opens a stream that outlives its link on a circuit: an open one, or the first one that can be opened.
   * Meanwhile a direct link is sought, to which the stream will move.
   */
  async #overLastingCircuits(
    addresses: Multiaddr[],
    webRtc: Multiaddr[],
    untilMs: number,
  ): Promise<Opened | undefined> {
    // Without WebRTC, a circuit is all there is, for any stream.
    const canImprove = this.#peer.canDial(multiaddr('/webrtc'))
    const { lasting, sideBySide = false } = this.#request
    if (!lasting || (!canImprove && !sideBySide)) return undefined
    const { direct } = this.#components
    const open = async (circuit: Connection): Promise<Opened | undefined> => {
      if (webRtc.length > 0) void direct.improve(this.#id, webRtc)
      const opened = await this.#attempt(
        circuit.remoteAddr,
        OPEN_LINK_TIMEOUT_MS,
        (signal) => this.#opener.openLasting(circuit, this.#request, signal),
        this.#peer.silent.ask(circuit),
      )
      if (opened !== undefined && canImprove) void direct.improve(this.#id, webRtc)
      return opened
    }
    const [standing] = circuitsTo(this.#peer, this.#id)
    if (standing !== undefined) return await open(standing)
    if (sideBySide) {
      const circuit = await this.#firstCircuit(addresses, untilMs)
      return circuit === undefined ? undefined : await open(circuit)
    }
    for await (const turn of this.#turns.over(addresses, untilMs)) {
      const circuit = await this.#attempt(turn.address, turn.shareMs, (signal) => this.#connect(turn, signal))
      if (circuit !== undefined) return await open(circuit)
    }
    return undefined
  }

  async #firstCircuit(addresses: Multiaddr[], untilMs: number): Promise<Connection | undefined> {
    return await firstCircuit({
      turns: this.#turns.over(addresses, untilMs, { sideBySide: true }),
      dial: async (turn, isFirst, over) =>
        await this.#attempt(turn.address, turn.shareMs, async (timeout) => {
          const signal = AbortSignal.any([timeout, over])
          if (isFirst) return await this.#connect(turn, signal)
          try {
            return await this.#peer.dialBeside(turn.address, signal)
          } finally {
            turn.endTurn()
          }
        }),
      release: (circuit) => this.#peer.release(circuit, new Error('another circuit was faster')),
    })
  }

  async #overWebRtc(
    addresses: Multiaddr[],
    untilMs: number,
    hasCircuit: boolean,
  ): Promise<Opened | undefined> {
    const { direct } = this.#components
    const [first] = addresses
    const leftMs = untilMs - performance.now()
    // Without a circuit to fall back on, WebRTC gets all the time there is.
    const waitMs = hasCircuit ? Math.min(leftMs, direct.findTimeoutMs(this.#id)) : leftMs
    if (first === undefined || waitMs <= 0) return undefined
    return await this.#attempt(first, waitMs, (signal) => this.#openDirect(addresses, signal))
  }

  /** Uses an open circuit, or else opens one over these addresses. */
  async #overCircuits(
    addresses: Multiaddr[],
    directUntilMs: number,
    untilMs: number,
  ): Promise<Opened | undefined> {
    const [open] = circuitsTo(this.#peer, this.#id)
    if (open !== undefined) {
      const dialed = await this.#onCircuit(open, directUntilMs)
      if (dialed !== undefined) return dialed
    }
    for await (const turn of this.#turns.over(addresses, untilMs)) {
      const dialed = await this.#overCircuit(turn, directUntilMs)
      if (dialed !== undefined) return dialed
    }
    return undefined
  }

  /**
   * Opens a circuit and the stream on it. Tries once more if the circuit dies before it carries the stream.
   */
  async #overCircuit(turn: AddressTurn, directUntilMs: number): Promise<Opened | undefined> {
    const { address, shareMs } = turn
    for (let isFirst = true; ; isFirst = false) {
      const circuit = await this.#attempt(address, shareMs, (signal) => this.#connect(turn, signal))
      if (circuit === undefined) return undefined
      const dialed = await this.#onCircuit(circuit, directUntilMs)
      if (dialed !== undefined || circuit.status === 'open' || !isFirst) return dialed
    }
  }

  /**
   * Opens the stream on a direct link, if the circuit's signalling can make one in time, or else on the
   * circuit. In that case the search for a direct link continues for later streams.
   */
  async #onCircuit(circuit: Connection, directUntilMs: number): Promise<Opened | undefined> {
    const { direct } = this.#components
    const leftMs = Math.min(directUntilMs - performance.now(), direct.findTimeoutMs(this.#id))
    if (leftMs > 0) {
      const dialed = await this.#attempt(circuit.remoteAddr, leftMs, async (signal) =>
        (await direct.canReplace(circuit, signal)) ? await this.#openDirect([], signal) : undefined,
      )
      if (dialed !== undefined) return dialed
    }
    const dialed = await this.#onOpenLinks([circuit])
    if (dialed !== undefined) void direct.improve(this.#id)
    return dialed
  }

  /**
   * Opens the stream on a circuit through the circuit relay that the request names: an open circuit, or a new
   * one.
   */
  async #throughCircuitRelay(given: Multiaddr[]): Promise<Opened | undefined> {
    const circuits = this.#permitted(
      circuitsThrough(this.#request.relay, this.#id, given, this.#components.circuitRelays()),
    )
    const relays = new Set(circuits.map((circuit) => circuitRelayOf({ remoteAddr: circuit })))
    const open = circuitsTo(this.#peer, this.#id).filter((one) => relays.has(circuitRelayOf(one)))
    const onOpen = await this.#onOpenLinks(open)
    if (onOpen !== undefined) return onOpen
    const dialable = this.#dialable(circuits)
    for await (const turn of this.#turns.over(dialable, this.#request.deadlineMs)) {
      const connect = async (signal: AbortSignal): Promise<Connection> => {
        const circuit = await this.#connect(turn, signal, true)
        // js-libp2p has one dial for a peer at a time, so this one may have joined a dial over another
        // address.
        if (circuitRelayOf(circuit) === undefined)
          throw new Error('the dial joined another one, which opened a direct connection')
        return circuit
      }
      const dialed = await this.#attempt(turn.address, turn.shareMs, (signal) =>
        this.#openOver(() => connect(signal), signal),
      )
      if (dialed !== undefined) return dialed
    }
    return undefined
  }

  /** Returns the addresses that the host lets a client name, and reports why it refuses the others. */
  #permitted(addresses: Multiaddr[]): Multiaddr[] {
    return addresses.filter((address) => {
      const refusal = this.#components.refusalOf(address)
      if (refusal !== undefined) this.#report.addFailed(address, refusal)
      return refusal === undefined
    })
  }

  /**
   * Returns up to {@link MAX_ADDRESSES} addresses that a transport of this peer can dial, and reports the
   * others.
   */
  #dialable(addresses: Multiaddr[]): Multiaddr[] {
    return addresses
      .filter((address) => {
        const canDial = this.#peer.canDial(address)
        if (!canDial) this.#report.addUnusable(address)
        return canDial
      })
      .slice(0, MAX_ADDRESSES)
  }

  async #onOpenLinks(links: Connection[]): Promise<Opened | undefined> {
    for (const link of links) {
      const dialed = await this.#attempt(
        link.remoteAddr,
        OPEN_LINK_TIMEOUT_MS,
        (signal) => this.#opener.open(link, this.#request, signal),
        this.#peer.silent.ask(link),
      )
      if (dialed !== undefined) return dialed
    }
    return undefined
  }

  /**
   * Returns the result of `work`, or reports why it failed. Rejects if the whole Connect has failed with it.
   * `timedOut` is called if `work` took longer than `timeoutMs`.
   */
  async #attempt<T>(
    address: Multiaddr,
    timeoutMs: number,
    work: (signal: AbortSignal) => Promise<T>,
    timedOut?: () => void,
  ): Promise<T | undefined> {
    const timeout = timeoutSignal(timeoutMs)
    try {
      return await work(AbortSignal.any([this.#signal, timeout]))
    } catch (error) {
      if (error instanceof UnservedError) throw error
      if (timeout.aborted) timedOut?.()
      const waited = `no answer in ${Math.round(timeoutMs / 100) / 10} s`
      this.#report.addFailed(address, timeout.aborted ? waited : reasonOfDial(error, address))
    }
    if (this.#signal.aborted) throw this.#gaveUp(this.#report.attempts ?? '')
    return undefined
  }

  /**
   * Returns a link over this address. Without `force`, it may be another one that was opened to the peer
   * meanwhile.
   */
  async #connect({ address, endTurn }: AddressTurn, signal: AbortSignal, force = false): Promise<Connection> {
    try {
      return await dialAddress(this.#peer, this.#id, address, { signal, force })
    } finally {
      endTurn()
    }
  }

  #openDirect(addresses: Multiaddr[], signal: AbortSignal): Promise<Opened> {
    const { client } = this.#request
    return this.#openOver(() => this.#components.direct.find(client, this.#id, addresses, signal), signal)
  }

  /**
   * Opens the stream on the link that `connect` returns. Connects once more if that link dies before it
   * carries the stream.
   */
  async #openOver(connect: () => Promise<Connection>, signal: AbortSignal): Promise<Opened> {
    const link = await connect()
    try {
      return await this.#opener.open(link, this.#request, signal)
    } catch (error) {
      if (error instanceof UnservedError || signal.aborted || link.status === 'open') throw error
      return await this.#opener.open(await connect(), this.#request, signal)
    }
  }

  #gaveUp(what: string): DialError {
    return new DialError(`${messageOf(this.#signal.reason)}; ${what}`)
  }

  #fail(): never {
    const { relay, target } = this.#request
    throw this.#report.error(target.peer, relay, this.#peer.canDial(multiaddr('/webrtc')))
  }
}
