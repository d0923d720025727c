import { PartKind, joined, u32 } from './frames.ts'
import type { RoomLimits } from './limits.ts'
import { MAX_NAME_BYTES } from './limits.ts'
import type { RoomErrorCode } from './room-error.ts'
import { RoomError, errorOf } from './room-error.ts'
import { utf8 } from './room-keys.ts'
import type { Outgoing } from './outbox.ts'
import type { Session } from './session.ts'
import { decodeValue, encodeValue } from './values.ts'

/** Options of a request. */
export interface RequestOptions {
  /** Ends the wait, and tells the member's handler. */
  signal?: AbortSignal
  /** Milliseconds until the request rejects with `ERR_TIMEOUT`. Default `limits.requestTimeoutMs`. */
  timeoutMs?: number
}

/** What answers requests of one name. What it throws becomes the error of the request. */
export type Answerer = (argument: unknown, session: Session, signal: AbortSignal) => unknown

interface Pending {
  session: Session
  settle(outcome: { value: unknown } | { error: unknown }): void
}

/** Why a request failed, in the first byte of a failure. */
const FAILURES: readonly RoomErrorCode[] = ['ERR_REQUEST_FAILED', 'ERR_NO_HANDLER', 'ERR_TOO_MANY_REQUESTS']
/** Bytes before the content of a request: its number, and the length of its name. */
const REQUEST_HEADER_BYTES = 6
/** Characters of a handler's error that are sent. */
const MAX_ERROR_LENGTH = 1_000

/** The requests that wait for an answer, and those of others that handlers of this page work on. */
export class Requests {
  readonly #limits: Readonly<RoomLimits>
  readonly #pending = new Map<number, Pending>()
  readonly #answerers = new Map<string, Answerer>()
  readonly #working = new Map<Session, Map<number, AbortController>>()
  #lastNumber = 0

  constructor(limits: Readonly<RoomLimits>) {
    this.#limits = limits
  }

  /** Sets what answers requests of this name; undefined if nothing should. */
  answer(name: string, answerer: Answerer | undefined): void {
    if (answerer === undefined) this.#answerers.delete(name)
    else this.#answerers.set(name, answerer)
  }

  /** Sends a request, and resolves to its answer. */
  async request(
    session: Session,
    name: string,
    argument: unknown,
    options: RequestOptions,
  ): Promise<unknown> {
    const { signal, timeoutMs = this.#limits.requestTimeoutMs } = options
    signal?.throwIfAborted()
    const { maxRequests, maxMessageBytes } = this.#limits
    if (this.#pending.size >= maxRequests) {
      throw new RoomError('ERR_TOO_MANY_REQUESTS', `${maxRequests} requests already wait for an answer.`)
    }
    const encodedName = utf8(name)
    if (encodedName.byteLength > MAX_NAME_BYTES) {
      throw new RoomError('ERR_INVALID_ARGUMENT', `A request’s name has more than ${MAX_NAME_BYTES} bytes.`)
    }
    const value = encodeValue(argument)
    if (value.byteLength > maxMessageBytes) throw tooLarge(value.byteLength, maxMessageBytes)
    const number = (this.#lastNumber = (this.#lastNumber + 1) % 2 ** 32)
    const { byteLength } = encodedName
    const body = joined(u32(number), [byteLength >> 8, byteLength & 255], encodedName, value)
    return await new Promise((resolve, reject) => {
      const finish = (): void => {
        this.#pending.delete(number)
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
      }
      const cancel = (error: unknown): void => {
        finish()
        session.sendAlways(message(PartKind.cancel, u32(number)))
        reject(error)
      }
      const onAbort = (): void => cancel(signal?.reason)
      const timer = setTimeout(
        () =>
          cancel(new RoomError('ERR_TIMEOUT', `The member did not answer ${name} within ${timeoutMs} ms.`)),
        timeoutMs,
      )
      signal?.addEventListener('abort', onAbort)
      const settle = (outcome: { value: unknown } | { error: unknown }): void => {
        finish()
        if ('value' in outcome) resolve(outcome.value)
        else reject(outcome.error)
      }
      this.#pending.set(number, { session, settle })
      if (!session.send(message(PartKind.request, body))) settle({ error: queueFull() })
    })
  }

  /** Handles a request, an answer, a failure or a cancellation. Throws if it is malformed. */
  receive(session: Session, kind: number, body: Uint8Array): void {
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
    const number = view.getUint32(0)
    if (kind === PartKind.request) {
      const nameBytes = view.getUint16(4)
      if (nameBytes > MAX_NAME_BYTES) throw new TypeError('The name of a request is too long.')
      const nameEnd = REQUEST_HEADER_BYTES + nameBytes
      const name = new TextDecoder().decode(body.subarray(REQUEST_HEADER_BYTES, nameEnd))
      void this.#work(session, number, name, decodeValue(body.subarray(nameEnd)))
    } else if (kind === PartKind.cancel) {
      this.#working.get(session)?.get(number)?.abort()
    } else {
      const pending = this.#pending.get(number)
      // It was cancelled, or belongs to another member.
      if (pending?.session !== session) return
      if (kind === PartKind.answer) return pending.settle({ value: decodeValue(body.subarray(4)) })
      const code = FAILURES[view.getUint8(4)] ?? 'ERR_REQUEST_FAILED'
      pending.settle({ error: new RoomError(code, new TextDecoder().decode(body.subarray(5))) })
    }
  }

  /** Ends what belongs to a session that has ended. */
  end(session: Session): void {
    const error = new RoomError('ERR_MEMBER_LEFT', 'The member has left the room.')
    for (const pending of this.#pending.values()) if (pending.session === session) pending.settle({ error })
    for (const controller of this.#working.get(session)?.values() ?? []) controller.abort()
    this.#working.delete(session)
  }

  async #work(session: Session, number: number, name: string, argument: unknown): Promise<void> {
    const fail = (code: number, text: string): void => {
      // If the queue is full, the request ends when its time does: a member that doesn't read may ask for
      // ever.
      session.send(message(PartKind.failure, joined(u32(number), [code], utf8(text))))
    }
    const answerer = this.#answerers.get(name)
    if (answerer === undefined) return fail(1, 'The member has no handler of this name.')
    const working = this.#working.get(session) ?? new Map<number, AbortController>()
    this.#working.set(session, working)
    const { maxRequestsPerMember, maxMessageBytes } = this.#limits
    if (working.size >= maxRequestsPerMember || working.has(number)) {
      return fail(2, `The member already works on ${maxRequestsPerMember} requests of this page.`)
    }
    const controller = new AbortController()
    working.set(number, controller)
    try {
      const value = encodeValue(await answerer(argument, session, controller.signal))
      if (value.byteLength > maxMessageBytes) throw tooLarge(value.byteLength, maxMessageBytes)
      if (!session.send(message(PartKind.answer, joined(u32(number), value)))) throw queueFull()
    } catch (error) {
      fail(0, errorOf(error).message.slice(0, MAX_ERROR_LENGTH))
    } finally {
      working.delete(number)
    }
  }
}

/** Returns the error for a message that is too large to send. */
export function tooLarge(bytes: number, limit: number): RoomError {
  return new RoomError('ERR_MESSAGE_TOO_LARGE', `The message has ${bytes} bytes, but the limit is ${limit}.`)
}

/** Returns the error for a message that a member's queue has no room for. */
export function queueFull(): RoomError {
  return new RoomError('ERR_QUEUE_FULL', 'Too much already waits for the member.')
}

/** Returns a message whose arrival nobody waits for. */
function message(kind: number, body: Uint8Array): Outgoing {
  return { kind, body, settle: () => undefined }
}
