import type { Connection, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { EndTurn } from './dial-turns.ts'
import { DialError } from './dial-error.ts'
import { messageOf } from '../log.ts'
import { backOffMs, pause, timeoutSignal } from '../timeouts.ts'
import type { Peer } from '../peer.ts'
import { circuitsTo, directConnections, mustForceDial, webRtcAddresses } from './peer-addresses.ts'
import { dialWebRtc } from './webrtc-dial.ts'

/** Milliseconds that one search goes on at most. */
const SEARCH_TIMEOUT_MS = 30_000
/** Milliseconds between two rounds of a search, at first and at most. */
const FIRST_BACKOFF_MS = 250
const LONGEST_BACKOFF_MS = 4_000
/** `/webrtc` addresses that a round tries: each is another relay to begin through. */
const MAX_ADDRESSES = 4
/** Addresses that are named to one search; further ones are left out. */
const MAX_NAMED = 64

/** The search for a direct connection to one peer: rounds over its `/webrtc` addresses, with back-off between them. */
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

  /** There was an address to try. */
  get hasTried(): boolean {
    return this.#hasTried
  }

  /** Extends it, while it goes on too: by addresses besides those that are known, and to so many rounds. */
  extend(named: Multiaddr[], rounds: number): void {
    this.#named.push(...named.slice(0, MAX_NAMED - this.#named.length))
    this.#rounds = Math.max(this.#rounds, rounds)
  }

  /** Rejects when the rounds are over, or the time is, or `signal` is aborted. */
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
      if (lastError === undefined) throw new DialError('it has no WebRTC address')
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

  /** Once a circuit to the peer stands, all of its addresses lead over that one. */
  async #addresses(): Promise<Multiaddr[]> {
    const addresses = await webRtcAddresses(this.#peer, this.#id, this.#named)
    return addresses.slice(0, circuitsTo(this.#peer, this.#id).length > 0 ? 1 : MAX_ADDRESSES)
  }
}
