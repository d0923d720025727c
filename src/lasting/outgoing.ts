import type { Uint8ArrayList } from 'uint8arraylist'
import { ByteQueue } from './byte-queue.ts'
import { MAX_DATA_BYTES } from './frames.ts'
import type { Quota } from './quota.ts'

/** What to put on the carrier next. */
export type Sendable =
  | { type: 'data'; offset: number; bytes: Uint8ArrayList }
  | { type: 'fin'; offset: number }

/**
 * The direction of a lasting stream that this side sends. It keeps every byte until the other side has
 * acknowledged it, and sends again from the last acknowledged byte after each change of the carrier.
 *
 * Invariant: acknowledged <= next <= end <= limit, and `unacknowledged` holds the bytes from `acknowledged`
 * to `end`.
 */
export class Outgoing {
  readonly #unacknowledged = new ByteQueue()
  readonly #quota: Quota
  readonly #minBytes: number
  readonly #maxBytes: number
  #acknowledged = 0
  /** The next byte to send on the present carrier. */
  #next = 0
  /** Bytes that have been sent on any carrier. */
  #sent = 0
  #limit: number
  /** The whole length, once it is known. */
  #final: number | undefined
  /** On the present carrier. */
  #isFinSent = false
  #wasFinSent = false
  #isFinAcknowledged = false

  /**
   * `limit`: the other side's first window. `minBytes`: bytes that may be unacknowledged whatever the quota
   * says. `maxBytes`: the most that may be unacknowledged.
   */
  constructor(limit: number, quota: Quota, { minBytes, maxBytes }: { minBytes: number; maxBytes: number }) {
    this.#limit = limit
    this.#quota = quota
    this.#minBytes = minBytes
    this.#maxBytes = maxBytes
  }

  /** Bytes that have been sent and not acknowledged. */
  get unacknowledgedBytes(): number {
    return this.#unacknowledged.byteLength
  }

  /** No more bytes will be given. */
  get isEnded(): boolean {
    return this.#final !== undefined
  }

  /** Every byte and the end have been acknowledged. */
  get isFinished(): boolean {
    return this.#isFinAcknowledged
  }

  /** Bytes that were given and have not been put on the present carrier. */
  get unsentBytes(): number {
    return this.#end - this.#next
  }

  get #end(): number {
    return this.#acknowledged + this.#unacknowledged.byteLength
  }

  /** Bytes that may be given now, by the other side's window and this side's quota. */
  get roomBytes(): number {
    const byQuota = Math.max(this.#quota.roomBytes, this.#minBytes - this.#unacknowledged.byteLength)
    const byStream = this.#maxBytes - this.#unacknowledged.byteLength
    return Math.max(0, Math.min(this.#limit - this.#end, byQuota, byStream))
  }

  /** Takes bytes to send: {@link Outgoing.roomBytes} at most. They must not change afterwards. */
  give(bytes: Uint8Array): void {
    this.#quota.take(bytes.byteLength)
    this.#unacknowledged.append(bytes)
  }

  /** No more bytes will be given. */
  end(): void {
    this.#final ??= this.#end
  }

  /** What comes next on the present carrier, of `maxBytes` at most, which may be 0. Counts it as sent. */
  next(maxBytes: number): Sendable | undefined {
    const length = Math.min(this.#end - this.#next, MAX_DATA_BYTES, maxBytes)
    if (length > 0) {
      const offset = this.#next
      const bytes = this.#unacknowledged.slice(offset - this.#acknowledged, length)
      this.#next += length
      this.#sent = Math.max(this.#sent, this.#next)
      return { type: 'data', offset, bytes }
    }
    if (this.#final === undefined || this.#isFinSent || this.#next < this.#final) return undefined
    this.#isFinSent = true
    this.#wasFinSent = true
    return { type: 'fin', offset: this.#final }
  }

  /** The carrier has changed: what isn't acknowledged is sent again. */
  rewind(): void {
    this.#next = this.#acknowledged
    this.#isFinSent = false
  }

  /**
   * The other side has received so many bytes (and the end of the stream, which counts as one) and lets this
   * side send up to `limit`.
   *
   * @returns false if it can't be true: more than was ever sent
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

  /** The other side says that it has everything. */
  finish(): void {
    this.clear()
    this.#isFinAcknowledged = true
  }

  /** Nothing more will be sent. */
  clear(): void {
    this.#quota.give(this.#unacknowledged.byteLength)
    this.#acknowledged = this.#end
    this.#unacknowledged.clear()
    this.#next = this.#acknowledged
  }
}
