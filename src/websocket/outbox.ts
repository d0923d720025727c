import { Fifo } from '../platform/fifo.ts'
import type { DataMessage } from './messages.ts'
import { costOf } from './messages.ts'

/** One message on its way out: its bytes, or how to read them once it is its turn (a Blob). */
export interface Parcel {
  type: DataMessage['type']
  byteLength: number
  content: ArrayBuffer | (() => Promise<ArrayBuffer>)
}

/** What an {@link Outbox} tells its owner. */
export interface OutboxInit {
  /** Sends one message over the port and transfers its buffer. */
  post(message: DataMessage): void
  /** Something left the queue, or credit came back: look at `isEmpty` and `hasRoom`. */
  progress(): void
  /** The bytes of the first parcel could not be read: it stays, and nothing leaves any more. */
  unreadable(error: unknown): void
}

/**
 * The sending half of the flow control: posts messages in order while the peer's credit lasts and queues the rest.
 *
 * Invariant: credit is the peer's window less the cost of what was posted and not given back, so that at most one window
 * and one message are under way. The queue has no bound here: in a page it is what `bufferedAmount` tells, as the standard
 * has it; the other end's owner stops when `push` gives false.
 */
export class Outbox {
  readonly #init: OutboxInit
  readonly #queue = new Fifo<Parcel>()
  #credit = 0
  #queuedBytes = 0
  #underwayBytes = 0
  #underwayMessages = 0
  #reading = false

  constructor(init: OutboxInit) {
    this.#init = init
  }

  /** Nothing waits for credit. */
  get isEmpty(): boolean {
    return this.#queue.length === 0
  }

  /** The next message would be posted at once. */
  get hasRoom(): boolean {
    return this.isEmpty && this.#credit > 0
  }

  /** Bytes that were never posted. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** Bytes of the application that the peer has not handled yet, posted or not. */
  get bufferedAmount(): number {
    return this.#queuedBytes + this.#underwayBytes
  }

  /** The peer's window: until it is known, everything is queued. */
  start(windowBytes: number): void {
    this.#credit = windowBytes
    this.#pump()
  }

  /** Takes one message; false if it had to be queued. */
  push(parcel: Parcel): boolean {
    this.#queue.push(parcel)
    this.#queuedBytes += parcel.byteLength
    this.#pump()
    return this.isEmpty
  }

  /** The peer has handled so much; false, and nothing happens, if that is more than is under way. */
  release(bytes: number, messages: number): boolean {
    if (bytes > this.#underwayBytes || messages > this.#underwayMessages) return false
    this.#underwayBytes -= bytes
    this.#underwayMessages -= messages
    this.#credit += costOf(bytes, messages)
    this.#pump()
    this.#init.progress()
    return true
  }

  /** Forgets what is under way (it has left), and what waits; `bufferedAmount` is 0 afterwards. */
  clear(): void {
    this.#queue.clear()
    this.#queuedBytes = 0
    this.#underwayBytes = 0
    this.#underwayMessages = 0
    this.#credit = 0
  }

  #pump(): void {
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
      this.#underwayBytes += parcel.byteLength
      this.#underwayMessages += 1
      this.#credit -= costOf(parcel.byteLength)
      this.#init.post({ type: parcel.type, data: parcel.content })
    }
  }

  /** Reads one parcel only, the first: what waits behind it is not yet in memory. */
  async #read(parcel: Parcel, content: () => Promise<ArrayBuffer>): Promise<void> {
    try {
      parcel.content = await content()
    } catch (error) {
      if (this.#queue.peek() === parcel) this.#init.unreadable(error)
      return
    }
    if (this.#queue.peek() !== parcel) return
    this.#reading = false
    this.#pump()
    this.#init.progress()
  }
}
