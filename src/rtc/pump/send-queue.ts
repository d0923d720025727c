import { Fifo } from '../../platform/fifo.ts'
import { JoinedMessage } from './joined-message.ts'
import type { Outgoing } from './outgoing.ts'
import { sizeOf } from './outgoing.ts'
import type { Part, ToPump } from '../messages/messages.ts'
import { buffersOf } from '../messages/part-cost.ts'
import { MAX_BATCH_BYTES } from './pump-limits.ts'

/**
 * Bytes that are with the pump and the real channel at a time; what is sent beyond waits with the borrower.
 */
export const DEFAULT_SEND_WINDOW_BYTES = 1_048_576

/**
 * Bytes that one channel buffers altogether before `send` throws OperationError: what Chromium's own channels
 * take.
 */
export const DEFAULT_MAX_SEND_QUEUE_BYTES = 16_777_216

/**
 * A message that waits. A Blob keeps its place until its bytes have been read, and has no part until then.
 */
interface Waiting {
  size: number
  part: Part | JoinedMessage | undefined
}

/** The bounds of one channel's queue: see `BorrowedRtcOptions`, where each has its name and its default. */
export interface SendLimits {
  sendWindowBytes: number
  maxSendQueueBytes: number
  joinSendsBytes: number
}

/** Bytes up to which binary messages that are sent in one go are joined: none. */
export const DEFAULT_JOIN_SENDS_BYTES = 0

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
  readonly #limits: SendLimits
  readonly #waiting = new Fifo<Waiting>()
  /** The last that waits, while more may be joined to it. */
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
   * Takes a copy, or reads the Blob; throws OperationError when full. The other peer takes no message longer
   * than `maxMessageBytes`, so none is joined that would be.
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

  /** Whether `bytes` are part of a joined message now. */
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
      // One message larger than the whole window still goes, alone.
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
