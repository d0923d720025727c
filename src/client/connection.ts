import { encodeClientMessage } from '../protocol/index.ts'
import { BoundedQueue } from './bounded-queue.ts'
import { ClientError } from './client-error.ts'
import type { ClientLimits } from './limits.ts'
import { MESSAGE_OVERHEAD_BYTES } from './limits.ts'
import type { Outbox } from './outbox.ts'
import type { UnreadBudget } from './unread-budget.ts'

/** The reason of a Connection Closed that tells of the orderly end of the remote's stream. */
const EOF = 'EOF'

/** How a connection ended. */
export interface ConnectionEnd {
  /** In the relay's words, `EOF` for the end of the remote's stream; or in this client's, if it was the one to give up. */
  reason: string
  /** Whether the remote ended its stream or this side closed: then nothing was lost on the way here. */
  clean: boolean
}

/**
 * A stream to a peer, as messages (with frames) or as bytes in chunks of any size.
 *
 * Reading: iterate over it. Iteration gives everything that arrived, in order, then ends if the end was clean and else
 * throws `ERR_CONNECTION_CLOSED`. Leaving the loop leaves the connection open. A WebSocket cannot be paused for one of its
 * connections, so what nobody reads is kept, up to `limits.maxUnreadBytes`; past that the connection is closed, what was
 * kept can still be read, and then iteration throws `ERR_READ_QUEUE_FULL`.
 */
export interface Connection extends AsyncIterable<Uint8Array> {
  /** The number that the relay gave it; never used twice by one client. */
  readonly id: bigint
  /** The ID of the peer at the other end; the own one where two pages of one browser meet. */
  readonly peer: string
  readonly protocol: string
  /** `in` if the peer came to a listener, `out` if this client dialed. */
  readonly direction: 'in' | 'out'
  /** Whether what one side sends at once arrives as one message. */
  readonly frames: boolean

  /**
   * Sends bytes, which are copied. False: they are on their way, but wait for `drain()` before sending more.
   *
   * Throws `ERR_CONNECTION_CLOSED` after the end, `ERR_SEND_QUEUE_FULL` if nobody waited, `ERR_MESSAGE_TOO_LARGE` with
   * frames; without frames what is too large goes in several pieces.
   */
  send(bytes: Uint8Array): boolean

  /** Settles when there is room to send. Rejects with the signal's reason, or `ERR_RELAY_LOST`. */
  drain(options?: { signal?: AbortSignal }): Promise<void>

  /** Ends it, after what was sent has been flushed. What was not read is dropped, iteration ends. Doing it twice does no harm. */
  close(): void

  /** Settles when the relay has said that it is over, or is lost. Never rejects. */
  readonly closed: Promise<ConnectionEnd>
}

/** What a connection is made of. */
export interface OpenConnectionInit {
  id: bigint
  peer: string
  protocol: string
  direction: 'in' | 'out'
  frames: boolean
  outbox: Outbox
  limits: Readonly<ClientLimits>
  budget: UnreadBudget
}

/** The client's end of a connection: what users see of it is {@link Connection}. */
export class OpenConnection implements Connection {
  readonly id: bigint
  readonly peer: string
  readonly protocol: string
  readonly direction: 'in' | 'out'
  readonly frames: boolean
  readonly closed: Promise<ConnectionEnd>
  readonly #outbox: Outbox
  readonly #limits: Readonly<ClientLimits>
  readonly #budget: UnreadBudget
  readonly #unread: BoundedQueue<Uint8Array>
  #settleClosed: (end: ConnectionEnd) => void = () => undefined
  /** Set as soon as this side wants, or had to want, the end: the relay's words for it are of no interest then. */
  #wanted: ConnectionEnd | undefined
  #end: ConnectionEnd | undefined
  #closeSent = false
  /** Whether it stands in a listener's backlog. */
  #waiting = false

  constructor(init: OpenConnectionInit) {
    this.id = init.id
    this.peer = init.peer
    this.protocol = init.protocol
    this.direction = init.direction
    this.frames = init.frames
    this.#outbox = init.outbox
    this.#limits = init.limits
    this.#budget = init.budget
    this.#unread = new BoundedQueue(init.limits.maxUnreadBytes, init.budget)
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve
    })
  }

  send(bytes: Uint8Array): boolean {
    const end = this.#end ?? this.#wanted
    if (end !== undefined)
      throw new ClientError('ERR_CONNECTION_CLOSED', `the connection ended: ${end.reason}`)
    const { maxMessageBytes } = this.#limits
    if (bytes.byteLength <= maxMessageBytes) return this.#sendData(bytes)
    if (this.frames) {
      throw new ClientError(
        'ERR_MESSAGE_TOO_LARGE',
        `the message has ${bytes.byteLength} bytes, ${maxMessageBytes} is the most`,
      )
    }
    let goOn = true
    for (let offset = 0; offset < bytes.byteLength; offset += maxMessageBytes) {
      goOn = this.#sendData(bytes.subarray(offset, offset + maxMessageBytes))
    }
    return goOn
  }

  drain(options: { signal?: AbortSignal } = {}): Promise<void> {
    return this.#outbox.drain(options.signal)
  }

  close(): void {
    this.#unread.clear()
    this.#unread.end()
    if (this.#end !== undefined) return
    this.#wanted ??= { reason: 'closed by this side', clean: true }
    this.#sendClose()
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array, undefined> {
    return this.#unread
  }

  /** A Data message came. */
  receive(data: Uint8Array): void {
    if (this.#wanted !== undefined || this.#unread.push(data, data.byteLength + MESSAGE_OVERHEAD_BYTES))
      return
    const { maxUnreadBytes } = this.#limits
    const { used, maxBytes } = this.#budget
    const reason = `it was not read: ${this.#unread.cost} of at most ${maxUnreadBytes} bytes wait on it, ${used} of at most ${maxBytes} on all connections`
    this.#wanted = { reason, clean: false }
    this.#unread.end(new ClientError('ERR_READ_QUEUE_FULL', `the connection was closed, because ${reason}`))
    this.#sendReset()
  }

  /** It came for a listener that has no room for it: the peer reads a reset. */
  refuse(): void {
    this.#wanted = { reason: 'nobody took it from its listener', clean: false }
    this.#unread.end()
    this.#sendReset()
  }

  /** It goes into a listener's backlog (true), or out of it into the page's hands. */
  set waiting(waiting: boolean) {
    this.#waiting = waiting
    if (!waiting && this.#end !== undefined) this.#unread.release()
  }

  /** The relay is going to close it because this client asked for that in another way, by stopping its listener. */
  expectEnd(): void {
    this.#wanted ??= { reason: 'its listener was closed by this side', clean: true }
  }

  /** Connection Closed came, or the relay is gone: `end` says which. */
  finish(end: ConnectionEnd): void {
    this.#end = this.#wanted ?? end
    const error = new ClientError('ERR_CONNECTION_CLOSED', `the connection ended: ${end.reason}`)
    this.#unread.end(this.#end.clean ? undefined : error)
    if (!this.#waiting) this.#unread.release()
    this.#settleClosed(this.#end)
  }

  #sendData(data: Uint8Array): boolean {
    return this.#outbox.data(this.id, data)
  }

  /** A relay that doesn't know Reset answers it with a Protocol Error, and heeds the Close behind it. */
  #sendReset(): void {
    if (!this.#closeSent) this.#outbox.command(encodeClientMessage({ type: 'reset', id: this.id }))
    this.#sendClose()
  }

  #sendClose(): void {
    if (this.#closeSent) return
    this.#closeSent = true
    this.#outbox.command(encodeClientMessage({ type: 'close', id: this.id }))
  }
}

/** How a connection ended that the relay closed with `reason`. */
export function endOf(reason: string): ConnectionEnd {
  return { reason, clean: reason === EOF }
}
