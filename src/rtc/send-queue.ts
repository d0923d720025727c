import { Fifo } from './fifo.ts'
import type { Part, ToPump } from './messages.ts'
import { buffersOf, byteLengthOf } from './part-cost.ts'
import { MAX_BATCH_BYTES } from './pump-limits.ts'

/** Bytes that are with the pump and the real channel at a time; what is sent beyond waits with the borrower. */
export const DEFAULT_SEND_WINDOW_BYTES = 1_048_576

/** Bytes that one channel buffers altogether before `send` throws OperationError: what Chromium's own channels take. */
export const DEFAULT_MAX_SEND_QUEUE_BYTES = 16_777_216

/** A message that waits. A Blob keeps its place until its bytes have been read. */
interface Waiting {
  size: number
  part: Part | undefined
}

/** What the queue tells its channel. */
export interface SendQueueLinks {
  post(message: ToPump, transfer: Transferable[]): void
  /** A Blob's bytes could not be read: what follows it would follow a gap. */
  failed(error: unknown): void
}

/**
 * What a borrowed channel has been given to send and the real one has not reported as gone.
 *
 * Messages that are sent in one go travel in one port message, at the end of the present microtask.
 */
export class SendQueue {
  readonly #links: SendQueueLinks
  readonly #windowBytes: number
  readonly #maxBytes: number
  readonly #waiting = new Fifo<Waiting>()
  #bufferedAmount = 0
  /** Bytes of `#bufferedAmount` that have been posted. */
  #outstanding = 0
  #scheduled = false
  #closing = false
  #ended = false

  constructor(links: SendQueueLinks, windowBytes: number, maxBytes: number) {
    this.#links = links
    this.#windowBytes = windowBytes
    this.#maxBytes = maxBytes
  }

  get bufferedAmount(): number {
    return this.#bufferedAmount
  }

  /** Takes over `part`, or reads the Blob; throws OperationError when full. */
  push(part: Part | Blob): void {
    const size = part instanceof Blob ? part.size : byteLengthOf(part)
    if (this.#bufferedAmount + size > this.#maxBytes) {
      throw new DOMException('RTCDataChannel send queue is full', 'OperationError')
    }
    this.#bufferedAmount += size
    if (part instanceof Blob) this.#read(part)
    else this.#waiting.push({ size, part })
    this.#schedule()
  }

  /** The real channel has let go of `bytes`; false if it was never given that many. */
  gone(bytes: number): boolean {
    if (bytes > this.#outstanding) return false
    this.#outstanding -= bytes
    this.#bufferedAmount -= bytes
    this.#schedule()
    return true
  }

  /** Sends what waits, and then tells the pump to close. */
  close(): void {
    this.#closing = true
    this.#schedule()
  }

  /** Sends nothing any more; `bufferedAmount` stays as it is, as the standard has it. */
  end(): void {
    this.#ended = true
    this.#waiting.clear()
  }

  #read(blob: Blob): void {
    const waiting: Waiting = { size: blob.size, part: undefined }
    this.#waiting.push(waiting)
    blob.arrayBuffer().then(
      (buffer) => {
        waiting.part = buffer
        this.#schedule()
      },
      (error: unknown) => this.#links.failed(error),
    )
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      if (!this.#ended) this.#flush()
    })
  }

  #flush(): void {
    let parts: Part[] = []
    let bytes = 0
    const post = (): void => {
      if (parts.length > 0) this.#links.post({ type: 'data', parts }, buffersOf(parts))
      parts = []
      bytes = 0
    }
    for (let next = this.#waiting.peek(); next?.part !== undefined; next = this.#waiting.peek()) {
      // One message larger than the whole window still goes, alone.
      if (this.#outstanding > 0 && this.#outstanding + next.size > this.#windowBytes) break
      this.#waiting.shift()
      this.#outstanding += next.size
      parts.push(next.part)
      bytes += next.size
      if (bytes >= MAX_BATCH_BYTES) post()
    }
    post()
    if (this.#closing && this.#waiting.length === 0) {
      this.#ended = true
      this.#links.post({ type: 'close' }, [])
    }
  }
}
