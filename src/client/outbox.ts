import { Answer } from './answer.ts'
import { ClientError } from './client-error.ts'
import type { WebSocketLike } from './web-socket-like.ts'

/** How often a WebSocket with somebody waiting is asked for its `bufferedAmount`: it has no event for that. */
export const DRAIN_POLL_MS = 10

/** The bounds of an outbox; see `limits.ts`. */
export interface OutboxInit {
  highWaterBytes: number
  maxBufferedBytes: number
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
  #waiting: Answer<void>[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #lost: ClientError | undefined

  constructor(socket: WebSocketLike, init: OutboxInit) {
    this.#socket = socket
    this.#highWaterBytes = init.highWaterBytes
    this.#maxBufferedBytes = init.maxBufferedBytes
  }

  /** Sends what must not fail for want of room: the messages that are no Data are few and small. */
  command(message: Uint8Array<ArrayBuffer>): void {
    if (this.#lost === undefined) this.#socket.send(message)
  }

  /** Throws `ERR_SEND_QUEUE_FULL`, or what ended the socket, and then nothing was sent. False: sent, now wait for `drain`. */
  data(message: Uint8Array<ArrayBuffer>): boolean {
    if (this.#lost !== undefined) throw this.#lost
    const { bufferedAmount } = this.#socket
    if (bufferedAmount > 0 && bufferedAmount + message.byteLength > this.#maxBufferedBytes) {
      throw new ClientError(
        'ERR_SEND_QUEUE_FULL',
        `${bufferedAmount} bytes wait to be sent, ${this.#maxBufferedBytes} is the most: wait for drain() when send() gives false`,
      )
    }
    this.#socket.send(message)
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
