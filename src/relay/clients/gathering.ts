import { ByteCollector } from '../../platform/byte-collector.ts'

/**
 * The most bytes that are gathered into one message. A chunk that would exceed this starts the next message.
 */
export const MAX_GATHERED_BYTES = 131_072
/**
 * After this many microtasks without a chunk, no more are expected in the current task. js-libp2p's WebRTC
 * streams read through async iterators, which take six microtasks from one chunk to the next.
 */
export const QUIET_MICROTASKS = 12

/**
 * Combines chunks that arrive in quick succession into one message, because a page pays more for a message
 * than for its bytes.
 *
 * The chunks of one task are delivered at the end of that task. Chunks that arrive after that, while tasks
 * are already queued, are delivered once those tasks have run.
 */
export class Gathering {
  readonly #queueTask: (task: () => void) => void
  readonly #take: (chunks: Uint8Array[]) => void
  readonly #collected = new ByteCollector()
  #isDue = false
  /** Microtasks without a chunk that are still to pass. */
  #quietLeft = 0

  /** `take` gets one chunk of any length, or several of at most {@link MAX_GATHERED_BYTES} together. */
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

  /** One function for all microtasks, because each message takes a dozen. */
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

  /** Drops what has been gathered. */
  clear(): void {
    this.#collected.clear()
  }

  #flush(): void {
    if (this.isEmpty) return
    this.#take(this.#collected.take())
  }
}
