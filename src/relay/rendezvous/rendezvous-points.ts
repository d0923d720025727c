import type { Libp2p, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import { backOffMs, timeoutSignal } from '../timeouts.ts'
import { MAX_POINTS, RENDEZVOUS_PROTOCOL } from './limits.ts'
import type { RendezvousPoint } from './rendezvous-point.ts'
import { RemotePoint } from './rendezvous-point.ts'

/** Milliseconds for one dial. */
const DIAL_TIMEOUT_MS = 10_000
/**
 * Milliseconds between two checks that all named candidates are connected. They double while some are not.
 */
const FIRST_CHECK_MS = 2_000
const LONGEST_CHECK_MS = 60_000

/** A peer that this one trusts to be a rendezvous point, if it is one. */
export interface PointCandidate {
  id: string
  /** The addresses to dial if it isn't connected. Empty: it is used only while it is connected. */
  addresses: Multiaddr[]
}

/** What {@link RendezvousPoints} needs. */
export interface RendezvousPointsInit {
  libp2p: Libp2p
  log: Log
  /** The trusted peers now, the most trusted first. */
  candidates: () => readonly PointCandidate[]
  /** This peer itself, if it is a point. */
  own: RendezvousPoint | undefined
  /** Called when the points may have changed. */
  changed: () => void
}

/**
 * The rendezvous points that this peer can use: trusted peers that are connected and speak the protocol. As
 * long as it is asked to, it connects to those whose addresses are known.
 */
export class RendezvousPoints {
  readonly #init: RendezvousPointsInit
  /** The connected peers that speak the protocol, trusted or not. */
  readonly #speakers = new Map<string, RemotePoint>()
  readonly #stopping = new AbortController()
  readonly #topology: Promise<string>
  #isDialling = false
  #checks = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(init: RendezvousPointsInit) {
    this.#init = init
    this.#topology = init.libp2p.register(RENDEZVOUS_PROTOCOL, {
      onConnect: (peer) => this.#connected(peer),
      onDisconnect: (peer) => {
        this.#speakers.delete(peer.toString())
        init.changed()
      },
    })
  }

  /** The points that can be used now: {@link MAX_POINTS} at most. */
  get current(): RendezvousPoint[] {
    const { candidates, own } = this.#init
    const remote = candidates().flatMap(({ id }) => this.#speakers.get(id) ?? [])
    return [...(own === undefined ? [] : [own]), ...remote].slice(0, MAX_POINTS)
  }

  /** Begins or ends to connect to the candidates. */
  setDialling(isDialling: boolean): void {
    if (this.#isDialling === isDialling) return
    this.#isDialling = isDialling
    clearTimeout(this.#timer)
    this.#checks = 0
    if (isDialling) void this.#check()
  }

  /** Checks the connections again at once, as after a change of the network. */
  retry(): void {
    if (!this.#isDialling) return
    clearTimeout(this.#timer)
    this.#checks = 0
    void this.#check()
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the peer is stopping'))
    this.#isDialling = false
    clearTimeout(this.#timer)
    this.#init.libp2p.unregister(await this.#topology)
  }

  #connected(peer: PeerId): void {
    // A new object for a point that was away: it is searched from the beginning.
    this.#speakers.set(peer.toString(), new RemotePoint(this.#init.libp2p, peer))
    this.#init.changed()
  }

  async #check(): Promise<void> {
    const { candidates, libp2p, own } = this.#init
    const connected = new Set(libp2p.getConnections().map(({ remotePeer }) => remotePeer.toString()))
    const missing = candidates()
      .slice(0, MAX_POINTS)
      .filter(({ id, addresses }) => addresses.length > 0 && !connected.has(id) && id !== own?.id)
    const reached = await Promise.all(missing.map((candidate) => this.#dial(candidate)))
    if (!this.#isDialling || this.#stopping.signal.aborted) return
    this.#checks = reached.every(Boolean) ? 0 : this.#checks + 1
    clearTimeout(this.#timer)
    const restMs = backOffMs(Math.max(1, this.#checks), FIRST_CHECK_MS, LONGEST_CHECK_MS)
    this.#timer = setTimeout(() => void this.#check(), restMs)
  }

  /** Returns whether the candidate is connected now. */
  async #dial({ id, addresses }: PointCandidate): Promise<boolean> {
    try {
      const signal = AbortSignal.any([this.#stopping.signal, timeoutSignal(DIAL_TIMEOUT_MS)])
      await this.#init.libp2p.dial(addresses, { signal })
      return true
    } catch (error) {
      this.#init.log('debug', `the rendezvous point ${id} cannot be reached: ${messageOf(error)}`)
      return false
    }
  }
}
