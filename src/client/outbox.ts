import { DATA_HEADER_BYTES, writeClientData } from '../protocol/index.ts'
import { Answer } from './answer.ts'
import { ClientError } from './client-error.ts'
import type { WebSocketLike } from './web-socket-like.ts'

/** How often a WebSocket with somebody waiting is asked for its `bufferedAmount`: it has no event for that. */
export const DRAIN_POLL_MS = 10

/** Bytes of a Data message up to which the memory that it is written in is used for the next one as well. */
const MAX_KEPT_BYTES = 262_144

/** What an outbox has to know; the bounds: see `limits.ts`. */
export interface OutboxInit {
  highWaterBytes: number
  maxBufferedBytes: number
  /** Whether what was given to the WebSocket is its caller's again when `send` returns, as the WHATWG standard has it. */
  copiesOnSend: boolean
}

/**
 * The way out of all connections of one client: sends on its WebSocket, and says when to wait.
 *
 * The queue is the WebSocket's own. While a page is hidden browsers stretch the timers that watch it to a second, so
 * messages that arrive watch it too.
 */
export class Outbox {
  readonly #socket: WebSocketLike
  readonly #highWaterBytes: number
  readonly #maxBufferedBytes: number
  readonly #copiesOnSend: boolean
  /**
   * Where Data messages are written, one after the other: new memory for each would cost a page several times as much as the copy,
   * as it is touched for the first time.
   */
  #memory = new Uint8Array(0)
  #waiting: Answer<void>[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #lost: ClientError | undefined

  constructor(socket: WebSocketLike, init: OutboxInit) {
    this.#socket = socket
    this.#highWaterBytes = init.highWaterBytes
    this.#maxBufferedBytes = init.maxBufferedBytes
    this.#copiesOnSend = init.copiesOnSend
  }

  /** Sends what must not fail for want of room: the messages that are no Data are few and small. */
  command(message: Uint8Array<ArrayBuffer>): void {
    if (this.#lost === undefined) this.#socket.send(message)
  }

  /**
   * Sends a Data message. Throws `ERR_SEND_QUEUE_FULL`, or what ended the socket, and then nothing was sent. False: sent, now wait
   * for `drain`.
   */
  data(id: bigint, payload: Uint8Array): boolean {
    if (this.#lost !== undefined) throw this.#lost
    const byteLength = DATA_HEADER_BYTES + payload.byteLength
    const { bufferedAmount } = this.#socket
    if (bufferedAmount > 0 && bufferedAmount + byteLength > this.#maxBufferedBytes) {
      throw new ClientError(
        'ERR_SEND_QUEUE_FULL',
        `${bufferedAmount} bytes wait to be sent, ${this.#maxBufferedBytes} is the most: wait for drain() when send() gives false`,
      )
    }
    this.#socket.send(writeClientData(this.#memoryOf(byteLength), id, payload))
    return this.#socket.bufferedAmount <= this.#highWaterBytes
  }

  /** Settles when half of the high water is left, or less; rejects with the signal's reason, or with what ended the socket. */
  async drain(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#lost !== undefined) throw this.#lost
    if (this.#hasRoom()) return
    const answer = new Answer<void>({ what: 'room to send', signal })
    this.#waiting.push(answer)
    this.#watch()
    await answer.promise
  }

  /** Looks whether there is room again, and wakes those who wait for it. */
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

  /** The socket is gone: nothing is sent any more, and those who wait get `error`. */
  end(error: ClientError): void {
    this.#lost ??= error
    for (const answer of this.#waiting) answer.reject(error)
    this.check()
  }

  /** Room for so many bytes, whose content is of no use to anybody. */
  #memoryOf(byteLength: number): Uint8Array<ArrayBuffer> {
    if (!this.#copiesOnSend || byteLength > MAX_KEPT_BYTES) return new Uint8Array(byteLength)
    if (byteLength > this.#memory.byteLength) this.#memory = new Uint8Array(byteLength)
    return this.#memory.subarray(0, byteLength)
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
