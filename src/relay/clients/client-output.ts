import type { ServerMessage } from '../../protocol/index.ts'
import { encodeServerMessage } from '../../protocol/index.ts'
import type { ControlSocket } from '../control-socket.ts'
import { messageOf } from '../log.ts'
import type { InputPause } from './input-pause.ts'

/** Something that waits until the client keeps up. */
export interface WaitsForClient {
  /** The client keeps up again. */
  drain(): void
}

/**
 * Sends messages to one client. While the client reads too slowly, its connections wait, and the relay stops
 * reading from it, so that it can't request more answers.
 */
export class ClientOutput {
  readonly #socket: ControlSocket
  readonly #pause: InputPause
  /** What waits for the socket to drain, in the order in which it began to wait. */
  readonly #waiting = new Set<WaitsForClient>()
  #fullSinceMs: number | undefined
  #isClosed = false

  constructor(socket: ControlSocket, pause: InputPause) {
    this.#socket = socket
    this.#pause = pause
  }

  /** Whether the control socket is gone. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** When the socket became full, in milliseconds since 1970. Undefined while the client keeps up. */
  get fullSinceMs(): number | undefined {
    return this.#fullSinceMs
  }

  /** Sends a message other than Data. Does nothing once the client is gone. */
  send(message: ServerMessage): void {
    if (this.#isClosed || this.#socket.send(encode(message))) return
    this.#noteFull()
    this.#pause.add('answers')
  }

  /** Sends a Protocol Error. */
  sendError(message: string): void {
    this.send({ type: 'error', message })
  }

  /** Sends a Data message of a connection. On false, the connection must wait for its `drain`. */
  sendData(connection: WaitsForClient, message: Uint8Array<ArrayBuffer>): boolean {
    if (this.#socket.send(message)) return true
    this.#noteFull()
    this.#waiting.add(connection)
    return false
  }

  /** Returns true while the client keeps up. On false, `drain` of `waiting` will be called. */
  keepsUp(waiting: WaitsForClient): boolean {
    const isFull = this.#fullSinceMs !== undefined
    if (isFull) this.#waiting.add(waiting)
    return !isFull
  }

  /** Forgets something that waits, because it has ended. */
  forget(waiting: WaitsForClient): void {
    this.#waiting.delete(waiting)
  }

  /** Calls `drain` of what waits, until the socket is full again. Call it when the socket has drained. */
  drain(): void {
    this.#fullSinceMs = undefined
    this.#pause.delete('answers')
    for (const waiting of this.#waiting) {
      if (this.fullSinceMs !== undefined) return
      this.#waiting.delete(waiting)
      waiting.drain()
    }
  }

  /** Stops sending. Call it when the control socket is gone. */
  close(): void {
    this.#isClosed = true
  }

  #noteFull(): void {
    this.#fullSinceMs ??= Date.now()
  }
}

function encode(message: ServerMessage): Uint8Array<ArrayBuffer> {
  try {
    return encodeServerMessage(message)
  } catch (error) {
    // The message repeats a field that the client sent, and that is too long to be sent back.
    return encodeServerMessage({ type: 'error', message: messageOf(error) })
  }
}
