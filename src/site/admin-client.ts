import type { AdminAnswers, AdminQuestion } from '../admin/messages.ts'
import {
  ADMIN_PROTOCOL,
  InvalidSettingsError,
  encodeAdminMessage,
  readAdminResponse,
} from '../admin/messages.ts'

/** Milliseconds to wait for an answer. Reading `/network.json` can take five seconds of it. */
export const DEFAULT_ANSWER_TIMEOUT_MS = 15_000
/** Questions that may wait for an answer; more are refused. */
export const DEFAULT_MAX_QUESTIONS = 64

/** A question by its type. */
export type Question<T extends AdminQuestion['type']> = Extract<AdminQuestion, { type: T }>

interface Pending {
  resolve(answer: AdminAnswers[AdminQuestion['type']]): void
  reject(error: Error): void
}

/** Asks the peer about its state and settings, over a WebSocket with the admin subprotocol. */
export class AdminClient {
  /** Resolves when the connection has closed, to the peer's reason or an empty string. Never rejects. */
  readonly closed: Promise<string>
  readonly #socket: WebSocket
  readonly #opened: Promise<void>
  readonly #pending = new Map<number, Pending>()
  #nextId = 0

  constructor(url: string) {
    const socket = new WebSocket(url, [ADMIN_PROTOCOL])
    socket.binaryType = 'arraybuffer'
    this.#socket = socket
    this.#opened = new Promise((resolve, reject) => {
      socket.addEventListener('open', () => resolve())
      socket.addEventListener('close', ({ reason }) => reject(lossError(reason)))
    })
    // `ask` awaits it and reports the error; `closed` tells everyone else.
    this.#opened.catch(() => undefined)
    this.closed = new Promise((resolve) => {
      socket.addEventListener('close', ({ reason }) => {
        for (const pending of this.#pending.values()) pending.reject(lossError(reason))
        this.#pending.clear()
        resolve(reason)
      })
    })
    socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => this.#receive(data))
  }

  /**
   * Asks a question. Rejects with the peer's reason if it refuses, and if it is gone or doesn't answer within
   * {@link DEFAULT_ANSWER_TIMEOUT_MS}.
   */
  async ask<T extends AdminQuestion['type']>(question: Question<T>): Promise<AdminAnswers[T]> {
    await this.#opened
    if (this.#socket.readyState !== WebSocket.OPEN) throw lossError('')
    if (this.#pending.size >= DEFAULT_MAX_QUESTIONS)
      throw new Error('your peer has too many unanswered questions from this page; try again later')
    const id = this.#nextId++
    const answer = new Promise<AdminAnswers[AdminQuestion['type']]>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
    })
    const timer = setTimeout(
      () => this.#take(id)?.reject(new Error('your peer did not answer in time; try again')),
      DEFAULT_ANSWER_TIMEOUT_MS,
    )
    try {
      this.#socket.send(encodeAdminMessage({ id, question }))
      return (await answer) as AdminAnswers[T]
    } finally {
      clearTimeout(timer)
    }
  }

  get isClosed(): boolean {
    return this.#socket.readyState >= WebSocket.CLOSING
  }

  close(): void {
    this.#socket.close()
  }

  #receive(data: unknown): void {
    const response = data instanceof ArrayBuffer ? readAdminResponse(new Uint8Array(data)) : undefined
    if (response === undefined) return
    const pending = this.#take(response.id)
    if (response.ok) pending?.resolve(response.answer)
    else if (response.fields === undefined) pending?.reject(new Error(response.message))
    else pending?.reject(new InvalidSettingsError(response.message, response.fields))
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    return pending
  }
}

function lossError(reason: string): Error {
  return new Error(reason === '' ? 'the connection to your peer was lost' : reason)
}
