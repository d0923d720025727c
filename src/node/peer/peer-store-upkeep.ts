import type { ComponentLogger, Logger, PeerStore, Startable } from '@libp2p/interface'

/** Milliseconds between two clean-ups. */
const INTERVAL_MS = 60 * 60_000

/**
 * Removes peers from the peer store that have not been seen for six hours.
 *
 * js-libp2p's peer store drops expired peers only when they, or all peers, are read. Nothing reads a peer
 * that connected once. A circuit relay that runs for months would keep 4 KiB for each of them.
 */
export class PeerStoreUpkeep implements Startable {
  readonly [Symbol.toStringTag] = 'libp2p-websocket-peer-store-upkeep'
  readonly #peerStore: PeerStore
  readonly #log: Logger
  readonly #intervalMs: number
  #timer: NodeJS.Timeout | undefined

  constructor(components: { peerStore: PeerStore; logger: ComponentLogger }, intervalMs = INTERVAL_MS) {
    this.#peerStore = components.peerStore
    this.#log = components.logger.forComponent('libp2p-websocket:peer-store-upkeep')
    this.#intervalMs = intervalMs
  }

  start(): void {
    this.#timer = setInterval(() => void this.#removeExpired(), this.#intervalMs)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #removeExpired(): Promise<void> {
    try {
      // Reading all peers removes the expired ones. The result isn't needed.
      await this.#peerStore.all()
    } catch (error) {
      this.#log.error('could not remove expired peers - %e', error)
    }
  }
}
