import { randomBytes } from 'node:crypto'
import type { Connection, Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { messageOf } from '../../src/relay/log.ts'
import { raceSignal, timeoutSignal } from '../../src/relay/timeouts.ts'
import type { RelayProcess } from '../support/relay-process.ts'
import { startReferencePeer } from '../support/peers.ts'

/** Milliseconds for one relay to open a circuit to a peer, and for the peer's answer to arrive. */
const TIMEOUT_MS = 3_000
/** Milliseconds between a peer's answer and the next ping. */
const INTERVAL_MS = 1_000

/** As in libp2p's specification of ping. */
const PING_PROTOCOL = '/ipfs/ping/1.0.0'
const PING_BYTES = 32

/** The longest time that a peer was not reachable: from one answer to the next. */
export interface Gap {
  ms: number
  /** When it began, in the time of `performance.now()`. */
  fromMs: number
  /** Why the attempts during that time failed, and how often. */
  failures: Map<string, number>
}

/**
 * Another participant in the network who wants to reach the browsers: peers of plain js-libp2p, one for each
 * relay, which dial over circuits and send pings. A browser is reachable while it answers over any of the
 * relays.
 */
export class Prober {
  readonly #relays: RelayProcess[]
  readonly #dialers: Libp2p[]
  readonly #stopping = new AbortController()
  readonly #watches: Promise<void>[] = []
  readonly gaps = new Map<string, Gap>()
  /** How many answers each peer has given. */
  readonly answers = new Map<string, number>()

  private constructor(relays: RelayProcess[], dialers: Libp2p[]) {
    this.#relays = relays
    this.#dialers = dialers
  }

  static async start(relays: RelayProcess[]): Promise<Prober> {
    return new Prober(relays, await Promise.all(relays.map(() => startReferencePeer())))
  }

  /** Pings this peer repeatedly from now on. */
  watch(peer: string): void {
    this.#watches.push(this.#watch(peer))
  }

  /** Ends all watches. For a peer that doesn't answer at that time, the gap since its last answer counts. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#watches)
    await Promise.all(this.#dialers.map(async (dialer) => dialer.stop()))
  }

  async #watch(peer: string): Promise<void> {
    const { signal } = this.#stopping
    let answeredMs = performance.now()
    let last = 0
    let failures = new Map<string, number>()
    const failed = (why: string): void => {
      failures.set(why, (failures.get(why) ?? 0) + 1)
    }
    const note = (): void => {
      const nowMs = performance.now()
      const gap = { ms: nowMs - answeredMs, fromMs: answeredMs, failures }
      if (gap.ms > (this.gaps.get(peer)?.ms ?? 0)) this.gaps.set(peer, gap)
    }
    while (!signal.aborted) {
      let over = await this.reach(last, peer, failed)
      if (over === undefined) {
        const others = [...this.#relays.keys()].filter((index) => index !== last)
        over = await first(others.map(async (index) => this.reach(index, peer, failed)))
      }
      if (over !== undefined) {
        last = over
        note()
        answeredMs = performance.now()
        failures = new Map()
        this.answers.set(peer, (this.answers.get(peer) ?? 0) + 1)
      }
      await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS))
    }
    note()
  }

  /** Pings the peer over one relay; returns the relay's index if the peer has answered. */
  async reach(
    index: number,
    peer: string,
    failed: (why: string) => void = () => undefined,
  ): Promise<number | undefined> {
    const relay = this.#relays[index]
    const dialer = this.#dialers[index]
    if (relay?.isUp !== true || dialer === undefined) return undefined
    const signal = AbortSignal.any([this.#stopping.signal, timeoutSignal(TIMEOUT_MS)])
    const id = peerIdFromString(peer)
    let step = 'dial'
    try {
      const circuit = multiaddr(`${relay.tcpAddress}/p2p-circuit/p2p/${peer}`)
      const connection = await dialer.dial(circuit, { signal })
      step = 'ping'
      await ping(connection, signal)
      return index
    } catch (error) {
      failed(`${step} over ${index + 1}: ${messageOf(error).split('\n').slice(0, 2).join(' ')}`)
      return undefined
    } finally {
      for (const connection of dialer.getConnections(id)) connection.abort(new Error('it has answered'))
    }
  }
}

/**
 * Makes the other side answer on this connection. js-libp2p's own ping takes a peer, and dials it again if
 * the connection is a limited one: at all the addresses it remembers, most of which are dead here.
 */
async function ping(connection: Connection, signal: AbortSignal): Promise<void> {
  const stream = await connection.newStream(PING_PROTOCOL, { signal, runOnLimitedConnection: true })
  const answered = new Promise<void>((resolve, reject) => {
    stream.addEventListener('message', () => resolve(), { once: true })
    stream.addEventListener('close', () => reject(new Error('it was closed without an answer')))
    stream.send(randomBytes(PING_BYTES))
  })
  await raceSignal(answered, signal)
}

/** The first value that is defined; undefined if none is. */
async function first<T>(promises: Promise<T | undefined>[]): Promise<T | undefined> {
  return await new Promise((resolve) => {
    for (const promise of promises) void promise.then((value) => value !== undefined && resolve(value))
    void Promise.all(promises).then(() => resolve(undefined))
  })
}
