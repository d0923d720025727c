import { ByteCollector } from '../../platform/byte-collector.ts'

/** Bytes that are gathered at most: one more chunk, and what was gathered goes before it. */
export const MAX_GATHERED_BYTES = 131_072
/**
 * Turns of the microtask queue without a chunk, after which no more is expected of the present task: a WebRTC stream of js-libp2p, which
 * reads its messages through async iterators, takes six from one to the next.
 */
export const QUIET_MICROTASKS = 12

/**
 * Puts together what a stream brings in quick succession, so that it is one message to the client: a message costs the page more
 * than its bytes do.
 *
 * What comes in one go, in one task, goes together at its end; what comes until the tasks that are due then have run, together after them.
 */
export class Gathering {
  readonly #queueTask: (task: () => void) => void
  readonly #take: (chunks: Uint8Array[]) => void
  readonly #collected = new ByteCollector()
  #isDue = false
  /** Turns of the microtask queue that are still waited for. */
  #quietLeft = 0

  /** `take` is given one chunk of any length, or several that have {@link MAX_GATHERED_BYTES} at most together. */
  constructor(queueTask: (task: () => void) => void, take: (chunks: Uint8Array[]) => void) {
    this.#queueTask = queueTask
    this.#take = take
  }

  get isEmpty(): boolean {
    return this.#collected.byteLength === 0
  }

  add(chunk: Uint8Array): void {
    if (this.#collected.byteLength + chunk.byteLength > MAX_GATHERED_BYTES) this.#flush()
    if (chunk.byteLength > MAX_GATHERED_BYTES) {
      this.#take([chunk])
      return
    }
    this.#collected.add(chunk)
    this.#quietLeft = QUIET_MICROTASKS
    if (this.#isDue) return
    this.#isDue = true
    queueMicrotask(this.#awaitQuiet)
  }

  /** One function for all turns: there are a dozen for each message. */
  readonly #awaitQuiet = (): void => {
    this.#quietLeft -= 1
    if (this.#quietLeft > 0) {
      queueMicrotask(this.#awaitQuiet)
      return
    }
    this.#flush()
    this.#queueTask(() => {
      this.#isDue = false
      this.#flush()
    })
  }

  /** Forgets what is gathered. */
  clear(): void {
    this.#collected.clear()
  }

  #flush(): void {
    if (this.isEmpty) return
    this.#take(this.#collected.take())
  }
}
