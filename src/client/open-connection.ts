import type { LinkState } from '../protocol/index.ts'
import { encodeClientMessage } from '../protocol/index.ts'
import { BoundedQueue } from './bounded-queue.ts'
import { ClientError } from './client-error.ts'
import type { ClientLimits } from './limits.ts'
import { MESSAGE_OVERHEAD_BYTES } from './limits.ts'
import type { Outbox } from './outbox.ts'
import { readableFrom } from './readable-from.ts'
import { TypedEventTarget } from './typed-event-target.ts'
import type { UnreadBudget } from './unread-budget.ts'
import { writableTo } from './writable-to.ts'
import type { Connection, ConnectionEnd, ConnectionEventMap } from './connection.ts'

/** The reason in Connection Closed if the remote has ended its stream. */
const EOF = 'EOF'

/** Options of an {@link OpenConnection}. */
export interface OpenConnectionInit {
  id: bigint
  peer: string
  protocol: string
  direction: 'in' | 'out'
  frames: boolean
  /** As in {@link Connection}. */
  link: LinkState | undefined
  outbox: Outbox
  limits: Readonly<ClientLimits>
  budget: UnreadBudget
}

/** The implementation of {@link Connection}. */
export class OpenConnection extends TypedEventTarget<ConnectionEventMap> implements Connection {
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
  #link: LinkState | undefined
  /** Whether the relay was asked to pause the connection. */
  #isPaused = false
  #settleClosed: (end: ConnectionEnd) => void = () => undefined
  /** Set once this side has decided to end the connection. It takes precedence over the relay's reason. */
  #ownEnd: ConnectionEnd | undefined
  #end: ConnectionEnd | undefined
  #closeSent = false
  /** Whether it is in a listener's backlog. */
  #waiting = false
  #isWriteClosed = false
  #isReadCancelled = false
  #readable: ReadableStream<Uint8Array> | undefined
  #writable: WritableStream<BufferSource> | undefined

  constructor(init: OpenConnectionInit) {
    super()
    this.id = init.id
    this.peer = init.peer
    this.protocol = init.protocol
    this.direction = init.direction
    this.frames = init.frames
    this.#link = init.link
    this.#outbox = init.outbox
    this.#limits = init.limits
    this.#budget = init.budget
    this.#unread = new BoundedQueue(init.limits.maxUnreadBytes, init.budget, () => this.#pauseOrResume())
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve
    })
  }

  get link(): LinkState | undefined {
    return this.#link
  }

  send(bytes: Uint8Array): boolean {
    const end = this.#end ?? this.#ownEnd
    if (end !== undefined)
      throw new ClientError('ERR_CONNECTION_CLOSED', `the connection ended: ${end.reason}`)
    if (this.#isWriteClosed)
      throw new ClientError('ERR_CONNECTION_CLOSED', 'this side has ended its data with closeWrite()')
    const { maxMessageBytes } = this.#limits
    if (bytes.byteLength <= maxMessageBytes) return this.#sendData(bytes)
    if (this.frames) {
      throw new ClientError(
        'ERR_MESSAGE_TOO_LARGE',
        `The message has ${bytes.byteLength} bytes, but the limit is ${maxMessageBytes}.`,
      )
    }
    let hasRoom = true
    for (let offset = 0; offset < bytes.byteLength; offset += maxMessageBytes) {
      hasRoom = this.#sendData(bytes.subarray(offset, offset + maxMessageBytes))
    }
    return hasRoom
  }

  drain(options: { signal?: AbortSignal } = {}): Promise<void> {
    return this.#outbox.drain(options.signal)
  }

  closeWrite(): void {
    if (this.#isWriteClosed || this.#ownEnd !== undefined || this.#end !== undefined) return
    if (!this.#isModern) {
      throw new ClientError(
        'ERR_NOT_SUPPORTED',
        'This relay can’t end one direction of a connection. Call close(), which ends both.',
      )
    }
    this.#isWriteClosed = true
    if (this.#isReadCancelled) return this.close()
    this.#outbox.command(encodeClientMessage({ type: 'closeWrite', id: this.id }))
  }

  reset(): void {
    if (this.#ownEnd !== undefined || this.#end !== undefined) return
    const reason = 'reset by this side'
    this.#ownEnd = { reason, clean: false }
    this.#unread.clear()
    this.#unread.end(new ClientError('ERR_CONNECTION_CLOSED', `the connection ended: ${reason}`))
    this.#sendReset()
  }

  get readable(): ReadableStream<Uint8Array> {
    this.#readable ??= readableFrom(this.#unread, () => this.#cancelRead())
    return this.#readable
  }

  get writable(): WritableStream<BufferSource> {
    this.#writable ??= writableTo(this)
    return this.#writable
  }

  close(): void {
    this.#unread.clear()
    this.#unread.end()
    if (this.#end !== undefined) return
    this.#ownEnd ??= { reason: 'closed by this side', clean: true }
    this.#sendClose()
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array, undefined> {
    return this.#unread
  }

  /** Called with the content of each Data message. */
  receive(data: Uint8Array): void {
    if (this.#ownEnd !== undefined || this.#isReadCancelled) return
    if (this.#unread.push(data, data.byteLength + MESSAGE_OVERHEAD_BYTES)) return this.#pauseOrResume()
    const { maxUnreadBytes } = this.#limits
    const { used, maxBytes } = this.#budget
    const reason = `it was not read: ${this.#unread.cost} of at most ${maxUnreadBytes} bytes are queued on it, and ${used} of at most ${maxBytes} on all connections`
    this.#ownEnd = { reason, clean: false }
    this.#unread.end(new ClientError('ERR_READ_QUEUE_FULL', `the connection was closed, because ${reason}`))
    this.#sendReset()
  }

  /** Called when the remote has ended its data, and the connection stays open. */
  remoteClosedWrite(): void {
    this.#unread.end()
    if (this.#isReadCancelled && this.#isWriteClosed) this.close()
  }

  /** Called with each Link Changed. */
  changeLink(state: LinkState): void {
    if (state === this.#link) return
    this.#link = state
    this.dispatchEvent(new Event('linkchange'))
  }

  /** Resets the connection, because its listener has no room for it. */
  refuse(): void {
    this.#ownEnd = { reason: 'its listener’s backlog is full or closed', clean: false }
    this.#unread.end()
    this.#sendReset()
  }

  /** Set to true when it enters a listener's backlog, and to false when the page takes it. */
  set waiting(waiting: boolean) {
    this.#waiting = waiting
    if (!waiting && this.#end !== undefined) this.#unread.release()
  }

  /** Records that the relay will close the connection because this client stops its listener. */
  expectEnd(): void {
    this.#ownEnd ??= { reason: 'its listener was closed by this side', clean: true }
  }

  /** Called with the end of the connection, by Connection Closed or because the relay is gone. */
  finish(end: ConnectionEnd): void {
    this.#end = this.#ownEnd ?? end
    const error = new ClientError('ERR_CONNECTION_CLOSED', `the connection ended: ${end.reason}`)
    this.#unread.end(this.#end.clean ? undefined : error)
    if (!this.#waiting) this.#unread.release()
    this.#settleClosed(this.#end)
  }

  /** Whether the relay knows the subprotocol: only such a relay has told the link. */
  get #isModern(): boolean {
    return this.#link !== undefined
  }

  /** Drops what is unread and what still comes. */
  #cancelRead(): void {
    this.#isReadCancelled = true
    this.#unread.clear()
    this.#unread.end()
    this.#pauseOrResume()
    if (this.#isWriteClosed) this.close()
  }

  /** Pauses the connection if too much of it is unread, and resumes it once little is. */
  #pauseOrResume(): void {
    if (!this.#isModern || this.#ownEnd !== undefined || this.#end !== undefined) return
    const { pauseAboveBytes, maxUnreadBytes } = this.#limits
    const { cost } = this.#unread
    const most = Math.min(pauseAboveBytes, maxUnreadBytes / 2)
    const isMuch = cost > most || (cost > 0 && this.#budget.isShort)
    const isLittle = cost === 0 || (cost <= most / 2 && !this.#budget.isShort)
    if (this.#isPaused ? !isLittle : !isMuch) return
    this.#isPaused = !this.#isPaused
    this.#outbox.command(encodeClientMessage({ type: this.#isPaused ? 'pause' : 'resume', id: this.id }))
  }

  #sendData(data: Uint8Array): boolean {
    return this.#outbox.data(this.id, data)
  }

  /**
   * Sends Reset and Close. A relay that doesn't know Reset answers with a Protocol Error, but obeys the
   * Close.
   */
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

/** Returns the end of a connection that the relay closed with `reason`. */
export function endOf(reason: string): ConnectionEnd {
  return { reason, clean: reason === EOF }
}
