import type { RawData, WebSocket } from 'ws'
import type { ControlSocket, ControlSocketHandlers } from '../../relay/control-socket.ts'
import { oneLine } from '../command-error.ts'
import type { WsControlSocketInit } from './ws-control-socket-init.ts'

/** Buffered bytes from which `send` returns false. */
export const DEFAULT_HIGH_WATER_BYTES = 1_048_576
/** Buffered bytes above which the client is dropped, because the relay ignored the result of `send`. */
export const DEFAULT_MAX_BUFFERED_BYTES = 67_108_864
/** Bytes of messages that are still being handled, from which reading from the client is paused. */
export const DEFAULT_MAX_UNSETTLED_BYTES = 8_388_608

/**
 * Bytes of one client that are handled in a turn of the event loop. libuv reads up to 32 chunks of 64 KiB in
 * a row from one socket. Without this limit, next to a flooding client, the 99th percentile of another
 * client's round trip was 48 ms.
 */
export const DEFAULT_TURN_BYTES = 65_536

/** The close codes of RFC 6455 that the server uses. */
export const CLOSE_GOING_AWAY = 1001
export const CLOSE_POLICY_VIOLATION = 1008
export const CLOSE_INTERNAL_ERROR = 1011

/**
 * A control socket over an open `ws` connection. {@link attach} connects it to the relay's handlers. The
 * worker's counterpart is `worker/port-control-socket.ts`.
 */
export class WsControlSocket implements ControlSocket {
  readonly #socket: WebSocket
  readonly #warn: (line: string) => void
  readonly #highWaterBytes: number
  readonly #maxBufferedBytes: number
  readonly #maxUnsettledBytes: number
  readonly #turnBytes: number

  #handlers: ControlSocketHandlers | undefined
  /**
   * Messages that `ws` had already read when it was paused: at most those of one network chunk of 64 KiB.
   * While there are any, the socket is paused.
   */
  #held: (Uint8Array | string)[] = []
  #unsettledBytes = 0
  /** Bytes handled in this turn of the event loop. An immediate starts the next turn. */
  #handledBytes = 0
  #pausedByRelay = false
  /** Whether `send` has returned false, so that `drain` must be called. */
  #owesDrain = false
  #ending = false

  constructor(socket: WebSocket, init: WsControlSocketInit) {
    this.#socket = socket
    this.#warn = init.warn
    this.#highWaterBytes = init.highWaterBytes ?? DEFAULT_HIGH_WATER_BYTES
    this.#maxBufferedBytes = init.maxBufferedBytes ?? DEFAULT_MAX_BUFFERED_BYTES
    this.#maxUnsettledBytes = init.maxUnsettledBytes ?? DEFAULT_MAX_UNSETTLED_BYTES
    this.#turnBytes = init.turnBytes ?? DEFAULT_TURN_BYTES
  }

  /** Whether reading from the client is paused. Then its pongs aren't read either. */
  get paused(): boolean {
    return this.#socket.isPaused
  }

  /**
   * Starts calling the handlers. Must be called once, in the task in which the connection opened, so that no
   * message is missed.
   */
  attach(handlers: ControlSocketHandlers): void {
    this.#handlers = handlers
    this.#socket.on('message', (data, isBinary) => this.#received(data, isBinary))
    // `ws` answers protocol errors, such as an oversized frame, with the right code. `close` follows.
    this.#socket.on('error', () => {
      this.#ending = true
    })
    this.#socket.once('close', (code) => this.#gone(code))
  }

  send(message: Uint8Array<ArrayBuffer>): boolean {
    if (this.#ending || this.#socket.readyState !== this.#socket.OPEN) return true
    this.#socket.send(message, { binary: true }, (error) => {
      // Without an error, it is undefined or, against its type, null.
      if (!(error instanceof Error)) this.#sent()
    })
    if (this.#socket.bufferedAmount > this.#maxBufferedBytes) {
      this.#ending = true
      this.#warn(`a client was dropped: it left more than ${this.#maxBufferedBytes} bytes unread`)
      this.#socket.terminate()
      return true
    }
    if (this.#socket.bufferedAmount < this.#highWaterBytes) return true
    this.#owesDrain = true
    return false
  }

  pause(): void {
    this.#pausedByRelay = true
    this.#flow()
  }

  resume(): void {
    this.#pausedByRelay = false
    this.#flow()
  }

  close(code: number, reason: string): void {
    if (this.#ending) return
    this.#ending = true
    this.#held = []
    this.#socket.close(code, reason)
    // The client's part of the closing handshake must be read.
    this.#socket.resume()
  }

  #sent(): void {
    if (!this.#owesDrain || this.#ending || this.#socket.bufferedAmount > this.#highWaterBytes / 2) return
    this.#owesDrain = false
    this.#call((handlers) => handlers.drain())
  }

  #received(data: RawData, isBinary: boolean): void {
    if (this.#ending) return
    const bytes = asBytes(data)
    const message = isBinary ? bytes : new TextDecoder().decode(bytes)
    if (this.#isHeldUp || this.#held.length > 0) this.#held.push(message)
    else this.#deliver(message)
  }

  #deliver(message: Uint8Array | string): void {
    this.#count(message.length)
    this.#call((handlers) => {
      const settled = handlers.message(message)
      if (settled === undefined) return
      const length = message.length
      this.#unsettledBytes += length
      if (this.#isHeldUp) this.#socket.pause()
      void settled.then(
        () => {
          this.#unsettledBytes -= length
          this.#flow()
        },
        (reason: unknown) => this.#failed(reason),
      )
    })
  }

  /** Pauses reading from the client when its turn is over, until the next turn of the event loop. */
  #count(bytes: number): void {
    if (this.#handledBytes === 0) {
      setImmediate(() => {
        const wasOver = this.#handledBytes >= this.#turnBytes
        this.#handledBytes = 0
        if (wasOver) this.#flow()
      })
    }
    this.#handledBytes += Math.max(1, bytes)
    if (this.#handledBytes >= this.#turnBytes) this.#socket.pause()
  }

  get #isHeldUp(): boolean {
    return (
      this.#pausedByRelay ||
      this.#unsettledBytes >= this.#maxUnsettledBytes ||
      this.#handledBytes >= this.#turnBytes
    )
  }

  /** Delivers held messages and resumes reading, or pauses it if a limit is reached. */
  #flow(): void {
    if (this.#handlers === undefined) return
    for (let message = this.#nextHeld(); message !== undefined; message = this.#nextHeld()) {
      this.#deliver(message)
    }
    if (this.#ending) return
    if (this.#isHeldUp) this.#socket.pause()
    else this.#socket.resume()
  }

  #nextHeld(): Uint8Array | string | undefined {
    return this.#ending || this.#isHeldUp ? undefined : this.#held.shift()
  }

  #gone(code: number): void {
    // The client may have sent these long before it left. There are few, so the relay's queue has room for
    // them.
    if (!this.#ending) for (const message of this.#held.splice(0)) this.#deliver(message)
    this.#ending = true
    this.#held = []
    const handlers = this.#handlers
    this.#handlers = undefined
    try {
      handlers?.closed({ code })
    } catch (error) {
      this.#warn(`closing a client failed: ${oneLine(error)}`)
    }
  }

  #call(what: (handlers: ControlSocketHandlers) => void): void {
    if (this.#handlers === undefined) return
    try {
      what(this.#handlers)
    } catch (error) {
      this.#failed(error)
    }
  }

  /** Handlers must not throw. If one does, only its own client is closed. */
  #failed(reason: unknown): void {
    this.#warn(`handling a client's message failed: ${oneLine(reason)}`)
    this.close(CLOSE_INTERNAL_ERROR, 'the relay failed')
  }
}

function asBytes(data: RawData): Uint8Array {
  if (Array.isArray(data)) return new Uint8Array(Buffer.concat(data))
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
