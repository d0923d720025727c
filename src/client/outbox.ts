import { DATA_HEADER_BYTES, writeClientData } from '../protocol/index.ts'
import { Answer } from './answer.ts'
import { ClientError } from './client-error.ts'
import type { WebSocketLike } from './web-socket-like.ts'

/**
 * Milliseconds between checks of `bufferedAmount` while somebody waits, because WebSockets have no event for
 * it.
 */
export const DRAIN_POLL_MS = 10

/** Largest Data message, in bytes, whose buffer is reused for the next one. */
const MAX_KEPT_BYTES = 262_144

/** Options of an {@link Outbox}. The bounds are explained in `limits.ts`. */
export interface OutboxInit {
  highWaterBytes: number
  maxBufferedBytes: number
  /** Whether the WebSocket has copied the data when `send` returns, as the WHATWG standard requires. */
  copiesOnSend: boolean
}

/**
 * Sends the messages of one client on its WebSocket, and tells its connections when to wait.
 *
 * The queue is the WebSocket's own. Browsers slow timers to one second while a page is hidden, so incoming
 * messages also trigger a check of the queue.
 */
export class Outbox {
  readonly #socket: WebSocketLike
  readonly #highWaterBytes: number
  readonly #maxBufferedBytes: number
  readonly #copiesOnSend: boolean
  /**
   * The reused buffer of Data messages. Touching new memory for each message would cost several times as much
   * as the copy.
   */
  #buffer = new Uint8Array(0)
  #waiting: Answer<void>[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #lost: ClientError | undefined

  constructor(socket: WebSocketLike, init: OutboxInit) {
    this.#socket = socket
    this.#highWaterBytes = init.highWaterBytes
    this.#maxBufferedBytes = init.maxBufferedBytes
    this.#copiesOnSend = init.copiesOnSend
  }

  /** Sends any message but Data. These are few and small, so they are sent even if the queue is full. */
  command(message: Uint8Array<ArrayBuffer>): void {
    if (this.#lost === undefined) this.#socket.send(message)
  }

  /**
   * Sends a Data message. Returns false if the caller should now wait for `drain`. Throws
   * `ERR_SEND_QUEUE_FULL`, or the error that ended the socket, without sending.
   */
  data(id: bigint, payload: Uint8Array): boolean {
    if (this.#lost !== undefined) throw this.#lost
    const byteLength = DATA_HEADER_BYTES + payload.byteLength
    const { bufferedAmount } = this.#socket
    if (bufferedAmount > 0 && bufferedAmount + byteLength > this.#maxBufferedBytes) {
      throw new ClientError(
        'ERR_SEND_QUEUE_FULL',
        `The send queue is full: ${bufferedAmount} bytes of at most ${this.#maxBufferedBytes}. Wait for drain() when send() returns false.`,
      )
    }
    this.#socket.send(writeClientData(this.#bufferOf(byteLength), id, payload))
    return this.#socket.bufferedAmount <= this.#highWaterBytes
  }

  /**
   * Resolves when at most half of `highWaterBytes` is queued. Rejects with the signal's reason or the error
   * that ended the socket.
   */
  async drain(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#lost !== undefined) throw this.#lost
    if (this.#hasRoom()) return
    const answer = new Answer<void>({ what: 'room to send', signal })
    this.#waiting.push(answer)
    this.#watch()
    await answer.promise
  }

  /** Resolves waiting `drain` calls if there is room again. */
  check(): void {
    this.#waiting = this.#waiting.filter((answer) => answer.waiting)
    if (this.#waiting.length > 0 && this.#hasRoom()) {
      for (const answer of this.#waiting.splice(0)) answer.resolve()
    }
    if (this.#waiting.length === 0) {
      clearTimeout(this.#timer)
      this.#timer = undefined
    }
  }

  /** Called when the socket is gone. Nothing more is sent, and waiting `drain` calls reject with `error`. */
  end(error: ClientError): void {
    this.#lost ??= error
    for (const answer of this.#waiting) answer.reject(error)
    this.check()
  }

  /** Returns a buffer of this size with undefined content. */
  #bufferOf(byteLength: number): Uint8Array<ArrayBuffer> {
    if (!this.#copiesOnSend || byteLength > MAX_KEPT_BYTES) return new Uint8Array(byteLength)
    if (byteLength > this.#buffer.byteLength) this.#buffer = new Uint8Array(byteLength)
    return this.#buffer.subarray(0, byteLength)
  }

  #hasRoom(): boolean {
    return this.#socket.bufferedAmount <= this.#highWaterBytes / 2
  }

  #watch(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.check()
      if (this.#waiting.length > 0) this.#watch()
    }, DRAIN_POLL_MS)
  }
}
