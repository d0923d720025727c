import type { Uint8ArrayList } from 'uint8arraylist'
import { ByteQueue } from './byte-queue.ts'
import { FULL_DATA_BYTES, MAX_DATA_BYTES } from './frames.ts'
import type { Quota } from './quota.ts'

/** What to send on the carrier next. */
export type Sendable =
  | { type: 'data'; offset: number; bytes: Uint8ArrayList }
  | { type: 'fin'; offset: number }

/**
 * The sending direction of a lasting stream. It keeps each byte until the other side acknowledges it. After
 * each change of carrier, unacknowledged bytes are sent again.
 *
 * Invariant: acknowledged <= next <= end <= limit. `unacknowledged` holds the bytes from `acknowledged` to
 * `end`, and is read up to `next`.
 */
export class Outgoing {
  readonly #unacknowledged = new ByteQueue()
  readonly #quota: Quota
  readonly #minBytes: number
  readonly #maxBytes: number
  #acknowledged = 0
  /** The offset of the next byte to send on the current carrier. */
  #next = 0
  /** The offset up to which bytes have been sent on any carrier. */
  #sent = 0
  #limit: number
  /** The total length of this direction, once it is known. */
  #final: number | undefined
  /** Whether FIN was sent on the current carrier. */
  #isFinSent = false
  /** Whether FIN was sent on any carrier. */
  #wasFinSent = false
  #isFinAcknowledged = false

  /**
   * `limit` is the other side's first limit. `minBytes` is how many bytes may be unacknowledged even if the
   * quota is used up. `maxBytes` is the most that may be unacknowledged.
   */
  constructor(limit: number, quota: Quota, { minBytes, maxBytes }: { minBytes: number; maxBytes: number }) {
    this.#limit = limit
    this.#quota = quota
    this.#minBytes = minBytes
    this.#maxBytes = maxBytes
  }

  /** Bytes that the other side hasn't acknowledged, including those that haven't been sent. */
  get unacknowledgedBytes(): number {
    return this.#unacknowledged.byteLength
  }

  /** Whether {@link end} was called. */
  get isEnded(): boolean {
    return this.#final !== undefined
  }

  /** Whether the other side has acknowledged every byte and the end. */
  get isFinished(): boolean {
    return this.#isFinAcknowledged
  }

  /** Bytes that haven't been sent on the current carrier. */
  get unsentBytes(): number {
    return this.#end - this.#next
  }

  get #end(): number {
    return this.#acknowledged + this.#unacknowledged.byteLength
  }

  /** Bytes that may be given now, according to the other side's window and this side's limits. */
  get roomBytes(): number {
    const byQuota = Math.max(this.#quota.roomBytes, this.#minBytes - this.#unacknowledged.byteLength)
    const byStream = this.#maxBytes - this.#unacknowledged.byteLength
    return Math.max(0, Math.min(this.#limit - this.#end, byQuota, byStream))
  }

  /** Queues bytes to send, at most {@link Outgoing.roomBytes}. Don't modify them afterwards. */
  give(bytes: Uint8Array): void {
    this.#quota.take(bytes.byteLength)
    this.#unacknowledged.append(bytes)
  }

  /** Ends this direction after the bytes given so far. Don't call {@link give} afterwards. */
  end(): void {
    this.#final ??= this.#end
  }

  /**
   * Returns what to send next on the current carrier and counts it as sent. Data has at most `maxBytes`
   * bytes; if `maxBytes` is 0, only a FIN can be returned.
   */
  next(maxBytes: number): Sendable | undefined {
    const isLast = this.unsentBytes <= MAX_DATA_BYTES
    const length = Math.min(isLast ? this.unsentBytes : FULL_DATA_BYTES, maxBytes)
    if (length > 0) {
      const offset = this.#next
      const bytes = this.#unacknowledged.read(length)
      this.#next += length
      this.#sent = Math.max(this.#sent, this.#next)
      return { type: 'data', offset, bytes }
    }
    if (this.#final === undefined || this.#isFinSent || this.#next < this.#final) return undefined
    this.#isFinSent = true
    this.#wasFinSent = true
    return { type: 'fin', offset: this.#final }
  }

  /** Starts again from the first unacknowledged byte. Call it when the carrier has changed. */
  rewind(): void {
    this.#unacknowledged.rewind()
    this.#next = this.#acknowledged
    this.#isFinSent = false
  }

  /**
   * Processes an acknowledgement: the other side has received `received` bytes (the end counts as one), and
   * this side may send up to `limit`.
   *
   * @returns false if it is invalid: it acknowledges more than was ever sent
   */
  acknowledge(received: number, limit: number): boolean {
    if (received > this.#sent + (this.#wasFinSent ? 1 : 0)) return false
    this.#limit = Math.max(this.#limit, limit)
    if (this.#final !== undefined && received === this.#final + 1) this.#isFinAcknowledged = true
    const bytes = Math.min(received, this.#end) - this.#acknowledged
    if (bytes <= 0) return true
    this.#unacknowledged.consume(bytes)
    this.#acknowledged += bytes
    this.#next = Math.max(this.#next, this.#acknowledged)
    this.#quota.give(bytes)
    return true
  }

  /** Counts everything as acknowledged, because the other side has reported the stream finished. */
  finish(): void {
    this.clear()
    this.#isFinAcknowledged = true
  }

  /** Drops all bytes and returns them to the quota. Nothing more will be sent. */
  clear(): void {
    this.#quota.give(this.#unacknowledged.byteLength)
    this.#acknowledged = this.#end
    this.#unacknowledged.clear()
    this.#next = this.#acknowledged
  }
}
