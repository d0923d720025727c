import { PartKind, u32 } from './frames.ts'
import type { Frame } from './frames.ts'
import { PART_BYTES, PART_OVERHEAD_BYTES } from './limits.ts'

/** A message to one member. */
export interface Outgoing {
  kind: number
  body: Uint8Array
  /**
   * Called once: with true when the member has acknowledged it, with false when that can't happen any more.
   */
  settle(isReceived: boolean): void
}

/** One part, kept until it is acknowledged. */
interface Part {
  message: Outgoing
  start: number
  end: number
}

/** Options of an {@link Outbox}. */
export interface OutboxInit {
  maxQueuedBytes: number
  maxQueuedMessages: number
  /** Bytes that may be sent and not acknowledged at present. */
  windowBytes(): number
  /** Returns the newest state, encoded. */
  state(): Uint8Array
}

/**
 * What is sent to one member: numbered parts, which are kept until the member has acknowledged them, and
 * messages that wait until few enough parts are unacknowledged.
 *
 * The state has no place in the queue: when it has changed, its newest value goes before the next message,
 * once the member has the one before.
 */
export class Outbox {
  readonly #init: OutboxInit
  #waiting: Outgoing[] = []
  #waitingBytes = 0
  /** The message that is being sent, and the bytes of it that have become parts. */
  #current: { message: Outgoing; start: number } | undefined
  #unacknowledged: Part[] = []
  #unacknowledgedBytes = 0
  /** The number of the first unacknowledged part. */
  #acknowledged = 0
  /** How many unacknowledged parts the current connection has carried. */
  #carried = 0
  #state: 'unsent' | 'underway' | 'sent' = 'unsent'
  #hasNewState = true
  /** Messages that were not queued since the member was last told. */
  #missed: number

  /** @param missed messages that the member has missed before */
  constructor(init: OutboxInit, missed: number) {
    this.#init = init
    this.#missed = missed
  }

  /** Whether the member has something to acknowledge. */
  get isWaiting(): boolean {
    return this.#unacknowledged.length > 0
  }

  /** Queues a message. Returns false if the queue is full; the member is told that it missed one. */
  add(message: Outgoing): boolean {
    const { maxQueuedBytes, maxQueuedMessages } = this.#init
    const isFull =
      this.#waiting.length >= maxQueuedMessages ||
      (this.#waiting.length > 0 && this.#waitingBytes + message.body.byteLength > maxQueuedBytes)
    if (isFull) {
      if (message.kind === PartKind.message) this.#missed += 1
      return false
    }
    this.#tellMissed()
    this.#push(message)
    return true
  }

  /** Queues a message of this page's own that is small, and of which there can't be many. */
  addAlways(message: Outgoing): void {
    this.#push(message)
  }

  /** Sends the state again, because it has changed. */
  stateChanged(): void {
    this.#hasNewState = true
  }

  /** Returns the next part to send; undefined if there is none, or if acknowledgements must come first. */
  next(): Frame | undefined {
    const part = this.#unacknowledged[this.#carried] ?? this.#newPart()
    if (part === undefined) return undefined
    const seq = this.#acknowledged + this.#carried
    this.#carried += 1
    const { message, start, end } = part
    const isLast = end === message.body.byteLength
    return { type: 'part', kind: message.kind, isLast, seq, body: message.body.subarray(start, end) }
  }

  /**
   * Records that the member has received so many parts. Returns how many of them are new, or undefined if
   * the number can't be right. A smaller number than an earlier one has no effect: it came over an older
   * connection.
   */
  acknowledge(received: number): number | undefined {
    const count = Math.max(0, received - this.#acknowledged)
    if (count > this.#unacknowledged.length) return undefined
    this.#acknowledged += count
    this.#carried = Math.max(0, this.#carried - count)
    for (const part of this.#unacknowledged.splice(0, count)) {
      this.#unacknowledgedBytes -= costOf(part)
      if (part.end === part.message.body.byteLength) part.message.settle(true)
    }
    return count
  }

  /** Begins again at the first unacknowledged part, on another connection. */
  restart(): void {
    this.#carried = 0
  }

  /** Settles everything. Returns how many messages the member may have missed. */
  end(): number {
    const sent = new Set(this.#unacknowledged.map(({ message }) => message))
    if (this.#current !== undefined) sent.add(this.#current.message)
    const lost = [...sent, ...this.#waiting]
    this.#waiting = []
    this.#unacknowledged = []
    this.#current = undefined
    for (const message of lost) message.settle(false)
    return this.#missed + lost.filter(({ kind }) => kind === PartKind.message).length
  }

  #push(message: Outgoing): void {
    this.#waiting.push(message)
    this.#waitingBytes += message.body.byteLength
  }

  /** Queues the news that the member has missed messages, at the place where they would have been. */
  #tellMissed(): void {
    if (this.#missed === 0) return
    const count = Math.min(this.#missed, 0xffff_ffff)
    this.#missed = 0
    this.#push({ kind: PartKind.missed, body: u32(count), settle: () => undefined })
  }

  #newPart(): Part | undefined {
    const isFull = this.#unacknowledgedBytes >= this.#init.windowBytes()
    const current = isFull ? undefined : (this.#current ?? this.#take())
    if (current === undefined) return undefined
    const { message, start } = current
    const end = Math.min(start + PART_BYTES, message.body.byteLength)
    const part: Part = { message, start, end }
    this.#current = end === message.body.byteLength ? undefined : { message, start: end }
    this.#unacknowledged.push(part)
    this.#unacknowledgedBytes += costOf(part)
    return part
  }

  #take(): { message: Outgoing; start: number } | undefined {
    if (this.#hasNewState && this.#state !== 'underway') return { message: this.#takeState(), start: 0 }
    if (this.#waiting.length === 0) this.#tellMissed()
    const message = this.#waiting.shift()
    if (message === undefined) return undefined
    this.#waitingBytes -= message.body.byteLength
    return { message, start: 0 }
  }

  #takeState(): Outgoing {
    this.#hasNewState = false
    this.#state = 'underway'
    const settle = (): void => {
      this.#state = 'sent'
    }
    return { kind: PartKind.state, body: this.#init.state(), settle }
  }
}

function costOf({ start, end }: Part): number {
  return end - start + PART_OVERHEAD_BYTES
}
