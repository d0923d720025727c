import type { Connection, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { EndTurn } from './dial-turns.ts'
import { DialError } from './dial-error.ts'
import { messageOf } from '../log.ts'
import { backOffMs, pause, timeoutSignal } from '../timeouts.ts'
import type { Peer } from '../peer.ts'
import { circuitsTo, directConnections, mustForceDial, webRtcAddresses } from './peer-addresses.ts'
import { dialWebRtc } from './webrtc-dial.ts'

/** Milliseconds after which a search fails. */
const SEARCH_TIMEOUT_MS = 30_000
/** Milliseconds between two rounds of a search: after the first round, and at most. */
const FIRST_BACKOFF_MS = 250
const LONGEST_BACKOFF_MS = 4_000
/** `/webrtc` addresses that a round tries. Each uses another circuit relay for its signalling. */
const MAX_ADDRESSES = 4
/** Named addresses that one search keeps. Further ones are ignored. */
const MAX_NAMED = 64

/**
 * Searches for a direct link to one peer: tries its `/webrtc` addresses in rounds, with increasing pauses in
 * between.
 */
export class DirectSearch {
  readonly #peer: Peer
  readonly #id: PeerId
  readonly #takeTurn: (signal: AbortSignal) => Promise<EndTurn>
  readonly #named: Multiaddr[] = []
  #rounds = 1
  #hasTried = false

  /** `takeTurn` waits until the search may dial. */
  constructor(peer: Peer, id: PeerId, takeTurn: (signal: AbortSignal) => Promise<EndTurn>) {
    this.#peer = peer
    this.#id = id
    this.#takeTurn = takeTurn
  }

  /** Whether the search has had an address to try. */
  get hasTried(): boolean {
    return this.#hasTried
  }

  /**
   * Adds addresses to the search, and raises the number of its rounds to at least `rounds`. It may be running
   * already.
   */
  extend(named: Multiaddr[], rounds: number): void {
    this.#named.push(...named.slice(0, MAX_NAMED - this.#named.length))
    this.#rounds = Math.max(this.#rounds, rounds)
  }

  /**
   * Runs the search. Rejects after its last round, after {@link SEARCH_TIMEOUT_MS}, or when `stopped` is
   * aborted.
   */
  async run(stopped: AbortSignal): Promise<Connection> {
    const signal = AbortSignal.any([stopped, timeoutSignal(SEARCH_TIMEOUT_MS)])
    let lastError: unknown
    for (let round = 1; ; round += 1) {
      const [standing] = directConnections(this.#peer, this.#id)
      if (standing !== undefined) return standing
      for (const address of await this.#addresses()) {
        this.#hasTried = true
        try {
          return await this.#dial(address, signal)
        } catch (error) {
          lastError = error
          if (signal.aborted) break
        }
      }
      if (lastError === undefined) throw new DialError('the peer has no WebRTC address')
      if (signal.aborted || round >= this.#rounds)
        throw new DialError(messageOf(lastError), { cause: lastError })
      await pause(backOffMs(round, FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS), signal)
    }
  }

  async #dial(address: Multiaddr, signal: AbortSignal): Promise<Connection> {
    const endTurn = await this.#takeTurn(signal)
    try {
      return await dialWebRtc(this.#peer, address, signal, mustForceDial(this.#peer, this.#id))
    } finally {
      endTurn()
    }
  }

  /**
   * Returns one address if a circuit to the peer is open, because js-libp2p uses that circuit for every
   * address.
   */
  async #addresses(): Promise<Multiaddr[]> {
    const addresses = await webRtcAddresses(this.#peer, this.#id, this.#named)
    return addresses.slice(0, circuitsTo(this.#peer, this.#id).length > 0 ? 1 : MAX_ADDRESSES)
  }
}
