import { PartKind, joined } from './frames.ts'
import type { Frame } from './frames.ts'

/** Options of an {@link Inbox}. */
export interface InboxInit {
  maxMessageBytes: number
  maxStateBytes: number
  /** Called with each message, once and in order. Throws a TypeError if it is malformed. */
  received(kind: number, body: Uint8Array): void
}

/** What arrives from one member: parts, each taken once and in order, and put together to messages. */
export class Inbox {
  readonly #init: InboxInit
  #received = 0
  #kind = 0
  #pieces: Uint8Array[] = []
  #bytes = 0

  constructor(init: InboxInit) {
    this.#init = init
  }

  /** How many parts have arrived. */
  get received(): number {
    return this.#received
  }

  /**
   * Takes a part. One that has arrived before, over another connection, is ignored. Throws a TypeError if the
   * member breaks the protocol.
   */
  take({ kind, isLast, seq, body }: Extract<Frame, { type: 'part' }>): void {
    if (seq < this.#received) return
    if (seq > this.#received) throw new TypeError(`Part ${seq} came instead of ${this.#received}.`)
    if (this.#pieces.length > 0 && kind !== this.#kind) throw new TypeError('A message changed its kind.')
    this.#kind = kind
    this.#bytes += body.byteLength
    const most = kind === PartKind.state ? this.#init.maxStateBytes : this.#init.maxMessageBytes
    if (this.#bytes > most + MAX_HEADER_BYTES) throw new TypeError(`A message has more than ${most} bytes.`)
    this.#received += 1
    if (!isLast) {
      this.#pieces.push(body)
      return
    }
    const whole = this.#pieces.length === 0 ? body : joined(...this.#pieces, body)
    this.#pieces = []
    this.#bytes = 0
    this.#init.received(kind, whole)
  }
}

/** Bytes that a message may have in addition to its content: the number and the name of a request. */
const MAX_HEADER_BYTES = 2_048
