import type { AdminAnswers, AdminQuestion } from '../admin/messages.ts'
import { ADMIN_PROTOCOL, encodeAdminMessage, readAdminResponse } from '../admin/messages.ts'

/** Milliseconds that an answer may take: reading `/network.json` may take five seconds of it. */
export const DEFAULT_ANSWER_TIMEOUT_MS = 15_000
/** Questions without an answer; a further one is refused. */
export const DEFAULT_MAX_QUESTIONS = 64

/** What to ask, by the name of the question. */
export type Question<T extends AdminQuestion['type']> = Extract<AdminQuestion, { type: T }>

interface Pending {
  resolve(answer: AdminAnswers[AdminQuestion['type']]): void
  reject(error: Error): void
}

/** The page's way to ask how the peer is and what it is set to: one WebSocket with the operator's subprotocol. */
export class OperatorLink {
  /** Settles when it is over, with the words that the peer gave, if any. Never rejects. */
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
      socket.addEventListener('close', ({ reason }) => reject(lost(reason)))
    })
    // Who waits for it is told; if nobody does, `closed` says the same.
    this.#opened.catch(() => undefined)
    this.closed = new Promise((resolve) => {
      socket.addEventListener('close', ({ reason }) => {
        for (const pending of this.#pending.values()) pending.reject(lost(reason))
        this.#pending.clear()
        resolve(reason)
      })
    })
    socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => this.#receive(data))
  }

  /** Rejects in the peer's words, or if it is gone or does not answer within {@link DEFAULT_ANSWER_TIMEOUT_MS}. */
  async ask<T extends AdminQuestion['type']>(question: Question<T>): Promise<AdminAnswers[T]> {
    await this.#opened
    if (this.#socket.readyState !== WebSocket.OPEN) throw lost('')
    if (this.#pending.size >= DEFAULT_MAX_QUESTIONS)
      throw new Error('the peer does not keep up with the page')
    const id = this.#nextId++
    const answer = new Promise<AdminAnswers[AdminQuestion['type']]>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
    })
    const timer = setTimeout(
      () => this.#take(id)?.reject(new Error('the peer does not answer')),
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
    else pending?.reject(new Error(response.message))
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    return pending
  }
}

function lost(reason: string): Error {
  return new Error(reason === '' ? 'the peer cannot be asked' : reason)
}
