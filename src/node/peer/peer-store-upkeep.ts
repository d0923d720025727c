import type { ComponentLogger, Logger, PeerStore, Startable } from '@libp2p/interface'

/** Milliseconds between two rounds. */
const INTERVAL_MS = 60 * 60_000

/**
 * Forgets peers that have not been heard of for six hours.
 *
 * js-libp2p's peer store drops a peer that is out of date only when somebody asks for it, or for all; nobody asks for one that
 * was here once. A relay that runs for months would keep four KiB for each of them.
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
    this.#timer = setInterval(() => void this.#forget(), this.#intervalMs)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #forget(): Promise<void> {
    try {
      // Those that are out of date are dropped on the way; the others are of no interest.
      await this.#peerStore.all()
    } catch (error) {
      this.#log.error('peers that are out of date were not forgotten - %e', error)
    }
  }
}
