import { Fifo } from '../platform/fifo.ts'
import type { DataMessage } from './messages.ts'
import { costOf } from './messages.ts'

/** A message to send: its bytes, or a function that reads them when its turn comes (for a Blob). */
export interface Parcel {
  type: DataMessage['type']
  byteLength: number
  content: ArrayBuffer | (() => Promise<ArrayBuffer>)
}

/** What an {@link Outbox} needs of its owner. */
export interface OutboxInit {
  /** Posts one message and transfers its buffer. */
  post(message: DataMessage): void
  /**
   * Called when a message has left the queue or credit has returned: `isEmpty` and `hasRoom` may have
   * changed.
   */
  progress(): void
  /**
   * Called when the bytes of the first message could not be read. It stays in the queue, and nothing is sent
   * any more.
   */
  unreadable(error: unknown): void
}

/**
 * The sending half of the flow control: posts messages in order while there is credit, and queues the rest.
 *
 * Invariant: the credit is the receiver's window minus the cost of what was posted and not yet handled, so at
 * most one window plus one message is in flight. The queue has no bound of its own. In a page,
 * `bufferedAmount` shows its size, as the standard says; the owner of the server's end stops sending when
 * `push` returns false.
 */
export class Outbox {
  readonly #init: OutboxInit
  readonly #queue = new Fifo<Parcel>()
  #credit = 0
  #queuedBytes = 0
  #inFlightBytes = 0
  #inFlightMessages = 0
  #reading = false

  constructor(init: OutboxInit) {
    this.#init = init
  }

  /** Whether no message waits for credit. */
  get isEmpty(): boolean {
    return this.#queue.length === 0
  }

  /** Whether the next message would be posted immediately. */
  get hasRoom(): boolean {
    return this.isEmpty && this.#credit > 0
  }

  /** Bytes that have not been posted. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** Bytes of the application that the receiver has not handled yet, posted or not. */
  get bufferedAmount(): number {
    return this.#queuedBytes + this.#inFlightBytes
  }

  /** Sets the receiver's window. Everything is queued until then. */
  start(windowBytes: number): void {
    this.#credit = windowBytes
    this.#postQueued()
  }

  /** Posts or queues one message; returns false if it was queued. */
  push(parcel: Parcel): boolean {
    this.#queue.push(parcel)
    this.#queuedBytes += parcel.byteLength
    this.#postQueued()
    return this.isEmpty
  }

  /**
   * Returns credit for what the receiver has handled. Returns false, and does nothing, if that is more than
   * is in flight.
   */
  release(bytes: number, messages: number): boolean {
    if (bytes > this.#inFlightBytes || messages > this.#inFlightMessages) return false
    this.#inFlightBytes -= bytes
    this.#inFlightMessages -= messages
    this.#credit += costOf(bytes, messages)
    this.#postQueued()
    this.#init.progress()
    return true
  }

  /** Drops the queue, and forgets what is in flight; `bufferedAmount` is 0 afterwards. */
  clear(): void {
    this.#queue.clear()
    this.#queuedBytes = 0
    this.#inFlightBytes = 0
    this.#inFlightMessages = 0
    this.#credit = 0
  }

  #postQueued(): void {
    while (this.#credit > 0 && !this.#reading) {
      const parcel = this.#queue.peek()
      if (parcel === undefined) return
      if (typeof parcel.content === 'function') {
        this.#reading = true
        void this.#read(parcel, parcel.content)
        return
      }
      this.#queue.shift()
      this.#queuedBytes -= parcel.byteLength
      this.#inFlightBytes += parcel.byteLength
      this.#inFlightMessages += 1
      this.#credit -= costOf(parcel.byteLength)
      this.#init.post({ type: parcel.type, data: parcel.content })
    }
  }

  /** Reads only the first message of the queue: Blobs behind it stay out of memory. */
  async #read(parcel: Parcel, content: () => Promise<ArrayBuffer>): Promise<void> {
    try {
      parcel.content = await content()
    } catch (error) {
      if (this.#queue.peek() === parcel) this.#init.unreadable(error)
      return
    }
    if (this.#queue.peek() !== parcel) return
    this.#reading = false
    this.#postQueued()
    this.#init.progress()
  }
}
