import { Fifo } from '../../platform/fifo.ts'
import { JoinedMessage } from './joined-message.ts'
import type { Outgoing } from './outgoing.ts'
import { sizeOf } from './outgoing.ts'
import type { Part, ToPump } from '../messages/messages.ts'
import { buffersOf } from '../messages/part-cost.ts'
import { MAX_BATCH_BYTES } from '../pump/pump-limits.ts'

/**
 * Bytes that may be with the pump and the real channel at a time. The rest waits here.
 */
export const DEFAULT_SEND_WINDOW_BYTES = 1_048_576

/**
 * Bytes that one channel buffers in total before `send` throws OperationError. The same as in Chromium.
 */
export const DEFAULT_MAX_SEND_QUEUE_BYTES = 16_777_216

/**
 * A message that waits. A Blob has no part until its bytes have been read.
 */
interface Waiting {
  size: number
  part: Part | JoinedMessage | undefined
}

/** The bounds of one channel's queue: see `BorrowedRtcOptions`. */
export interface SendLimits {
  sendWindowBytes: number
  maxSendQueueBytes: number
  joinSendsBytes: number
}

/** Bytes up to which binary messages that are sent together are joined. 0: none are. */
export const DEFAULT_JOIN_SENDS_BYTES = 0

/** What a {@link SendQueue} needs of its channel. */
export interface SendQueueLinks {
  post(message: ToPump, transfer: Transferable[]): void
  /** The bytes of a Blob could not be read, so nothing may follow it. */
  failed(error: unknown): void
}

/**
 * What a borrowed channel was asked to send and the real one has not reported as sent.
 *
 * Messages that are sent together travel in one port message, which is posted in a microtask.
 */
export class SendQueue {
  readonly #links: SendQueueLinks
  readonly #limits: SendLimits
  readonly #waiting = new Fifo<Waiting>()
  /** The last message in the queue, while more may be joined to it. */
  #joining: Waiting | undefined
  #bufferedAmount = 0
  /** Bytes of `#bufferedAmount` that have been posted. */
  #outstanding = 0
  #scheduled = false
  #closing = false
  #ended = false

  constructor(links: SendQueueLinks, limits: SendLimits) {
    this.#links = links
    this.#limits = limits
  }

  get bufferedAmount(): number {
    return this.#bufferedAmount
  }

  /**
   * Queues a copy of the message, or reads the Blob. Throws OperationError if the queue is full. Messages are
   * not joined beyond `maxMessageBytes`, the most that the other peer accepts.
   */
  push(outgoing: Outgoing, maxMessageBytes = Infinity): void {
    const size = sizeOf(outgoing)
    if (this.#bufferedAmount + size > this.#limits.maxSendQueueBytes) {
      throw new DOMException('RTCDataChannel send queue is full', 'OperationError')
    }
    this.#bufferedAmount += size
    this.#schedule()
    if (outgoing instanceof Uint8Array && this.#join(outgoing, maxMessageBytes)) return
    this.#joining = undefined
    if (outgoing instanceof Blob) this.#read(outgoing)
    else this.#waiting.push({ size, part: typeof outgoing === 'string' ? outgoing : outgoing.slice().buffer })
  }

  /**
   * Call when these bytes have left the buffer of the real channel. Returns false if it never had that many.
   */
  confirmSent(bytes: number): boolean {
    if (bytes > this.#outstanding) return false
    this.#outstanding -= bytes
    this.#bufferedAmount -= bytes
    this.#schedule()
    return true
  }

  /** Tells the pump to close the channel, after everything that waits. */
  close(): void {
    this.#closing = true
    this.#schedule()
  }

  /** Stops sending. `bufferedAmount` stays as it is, as the standard says. */
  end(): void {
    this.#ended = true
    this.#waiting.clear()
  }

  /** Joins the bytes to a message, if possible; returns whether it did. */
  #join(bytes: Uint8Array, maxMessageBytes: number): boolean {
    const maxBytes = Math.min(this.#limits.joinSendsBytes, maxMessageBytes)
    if (maxBytes === 0 || bytes.byteLength > maxBytes) return false
    const last = this.#joining
    if (last?.part instanceof JoinedMessage && last.part.add(bytes)) {
      last.size = last.part.size
      return true
    }
    this.#joining = { size: bytes.byteLength, part: new JoinedMessage(bytes, maxBytes) }
    this.#waiting.push(this.#joining)
    return true
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
      // A message that is larger than the whole window is still sent, alone.
      if (this.#outstanding > 0 && this.#outstanding + next.size > this.#limits.sendWindowBytes) break
      this.#waiting.shift()
      if (next === this.#joining) this.#joining = undefined
      this.#outstanding += next.size
      parts.push(next.part instanceof JoinedMessage ? next.part.take() : next.part)
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
