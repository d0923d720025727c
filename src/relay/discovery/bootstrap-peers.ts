import type { Libp2p } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { peerIdFromString } from '@libp2p/peer-id'
import type { BootstrapStatus } from '../../status/index.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import { backOffMs, timeoutSignal } from '../timeouts.ts'
import { addressesByPeer } from '../addresses/by-peer.ts'

/**
 * Bootstrap peers to stay connected to, or all of them if there are fewer. A single one may disappear at any
 * time.
 */
const WANTED = 2
/** Milliseconds for one round of dials. */
const ROUND_TIMEOUT_MS = 15_000
/**
 * Milliseconds between two rounds while too few are connected. The wait doubles from the first to the
 * longest.
 */
const FIRST_BACKOFF_MS = 1_000
const LONGEST_BACKOFF_MS = 60_000
/** Milliseconds for which enough must be connected before the wait starts again from the first. */
const STEADY_MS = 15_000
/** js-libp2p's tag, which keeps a connection open when there are too many. */
const TAG = { bootstrap: { value: 50 } }

/**
 * Connects this peer to the network, and reconnects it: dials the bootstrap peers at the start, and whenever
 * too few are connected. They lead into the DHT. js-libp2p's own module dials each of them only once.
 */
export class BootstrapPeers {
  readonly #libp2p: Libp2p
  readonly #log: Log
  readonly #addresses: Map<string, Multiaddr[]>
  /** The last failure of each peer, until it is reached again. */
  readonly #errors = new Map<string, { atMs: number; message: string }>()
  /** When the last connection to each peer was opened, in milliseconds since 1970. */
  readonly #connectedMs = new Map<string, number>()
  readonly #stopping = new AbortController()
  #wake: (() => void) | undefined

  /** @param addresses each ends in `/p2p/…`; one peer may have several */
  constructor(libp2p: Libp2p, addresses: string[], log: Log) {
    this.#libp2p = libp2p
    this.#log = log
    this.#addresses = addressesByPeer(addresses)
    if (this.#addresses.size === 0) return
    this.#run().catch((error: unknown) => {
      log('error', `bootstrap peers are no longer dialled: ${messageOf(error)}`)
    })
  }

  /** The status of each address. All addresses of one peer have the same status. */
  get statuses(): BootstrapStatus[] {
    return [...this.#addresses].flatMap(([peer, addresses]) => {
      const openedMs = this.#libp2p
        .getConnections(peerIdFromString(peer))
        .filter(({ status }) => status === 'open')
        .map(({ timeline }) => timeline.open)
      const connectedMs = openedMs.length > 0 ? Math.max(...openedMs) : undefined
      if (connectedMs !== undefined) this.#connectedMs.set(peer, connectedMs)
      const lastMs = this.#connectedMs.get(peer)
      const lastError = this.#errors.get(peer)
      return addresses.map((address) => ({
        address: address.toString(),
        connected: connectedMs !== undefined,
        ...(lastMs === undefined ? {} : { connectedMs: lastMs }),
        ...(lastError === undefined ? {} : { lastError }),
      }))
    })
  }

  /** Dials immediately instead of waiting. Call it when the network is back or the machine has woken up. */
  retry(): void {
    this.#wake?.()
  }

  stop(): void {
    this.#stopping.abort()
    this.#wake?.()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    const disconnected = (): void => {
      if (!this.#isEnough) this.#wake?.()
    }
    this.#libp2p.addEventListener('peer:disconnect', disconnected, { signal })
    let failures = 0
    await this.#dialMissing()
    while (!signal.aborted) {
      if (this.#isEnough) {
        const since = performance.now()
        await this.#rest(undefined)
        if (performance.now() - since > STEADY_MS) failures = 0
      } else {
        failures += 1
        await this.#rest(backOffMs(failures, FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS))
        await this.#dialMissing()
      }
    }
  }

  get #isEnough(): boolean {
    const connected = [...this.#addresses.keys()].filter((peer) => this.#isConnected(peer))
    return connected.length >= Math.min(WANTED, this.#addresses.size)
  }

  #isConnected(peer: string): boolean {
    return this.#libp2p.getConnections(peerIdFromString(peer)).some(({ status }) => status === 'open')
  }

  async #dialMissing(): Promise<void> {
    if (this.#stopping.signal.aborted) return
    const missing = [...this.#addresses].filter(([peer]) => !this.#isConnected(peer))
    await Promise.all(missing.map(async ([peer, addresses]) => this.#dial(peer, addresses)))
  }

  async #dial(peer: string, addresses: Multiaddr[]): Promise<void> {
    const signal = AbortSignal.any([this.#stopping.signal, timeoutSignal(ROUND_TIMEOUT_MS)])
    try {
      await this.#libp2p.peerStore.merge(
        peerIdFromString(peer),
        { multiaddrs: addresses, tags: TAG },
        { signal },
      )
      const { timeline } = await this.#libp2p.dial(addresses, { signal })
      this.#connectedMs.set(peer, timeline.open)
      this.#errors.delete(peer)
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      const words = messageOf(error).split('\n')[0] ?? ''
      if (!this.#errors.has(peer)) this.#log('warn', `bootstrap peer ${peer} cannot be reached: ${words}`)
      this.#errors.set(peer, { atMs: Date.now(), message: words })
    }
  }

  /**
   * Waits for `ms` milliseconds, or indefinitely if it is undefined. `retry`, `stop` and a lost connection
   * end the wait.
   */
  async #rest(ms: number | undefined): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = undefined
  }
}
