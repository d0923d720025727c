import type { RawData, WebSocket } from 'ws'
import type { ControlSocket, ControlSocketHandlers } from '../../relay/control-socket.ts'
import { oneLine } from '../command-error.ts'

/** Bytes waiting for the network at which `send` begins to give false. */
export const DEFAULT_HIGH_WATER_BYTES = 1_048_576
/** Bytes waiting for the network past which the client is dropped: the relay did not heed `send`. */
export const DEFAULT_MAX_BUFFERED_BYTES = 67_108_864
/** Bytes of messages whose promise has not settled, at which no more is read from the client. */
export const DEFAULT_MAX_UNSETTLED_BYTES = 8_388_608

/**
 * Bytes that one client may have handled before all others have had their turn. The system hands a socket on in pieces of 64 KiB,
 * and up to 32 of them in a row: beside a client that floods, the 99th percentile of another one's round trip was 48 ms.
 */
export const DEFAULT_TURN_BYTES = 65_536

/** The closing codes of RFC 6455 that this end uses. */
export const CLOSE_GOING_AWAY = 1001
export const CLOSE_POLICY_VIOLATION = 1008
export const CLOSE_INTERNAL_ERROR = 1011

export interface WsControlSocketInit {
  highWaterBytes?: number
  maxBufferedBytes?: number
  maxUnsettledBytes?: number
  turnBytes?: number
  /** Told in one line of what should not happen: a handler that throws. */
  warn: (line: string) => void
}

/** An open `ws` connection of a server, as the relay sees it. {@link attach} joins the two. */
export class WsControlSocket implements ControlSocket {
  readonly #socket: WebSocket
  readonly #warn: (line: string) => void
  readonly #highWaterBytes: number
  readonly #maxBufferedBytes: number
  readonly #maxUnsettledBytes: number
  readonly #turnBytes: number

  #handlers: ControlSocketHandlers | undefined
  /**
   * Messages that `ws` had already taken off the wire when it was paused: those of one chunk of the network, 64 KiB, so
   * that this has a bound. While it is not empty the socket is paused.
   */
  #held: (Uint8Array | string)[] = []
  #unsettledBytes = 0
  /** Bytes handled in this turn of the event loop; the next one begins by an immediate, once there were any. */
  #handledBytes = 0
  #pausedByRelay = false
  /** `send` has given false, and `drain` is owed. */
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

  /** Whether nothing is read from the client at present, not even its pongs. */
  get paused(): boolean {
    return this.#socket.isPaused
  }

  /** Begins to call the handlers; called once, in the task in which the connection opened, so that no message is missed. */
  attach(handlers: ControlSocketHandlers): void {
    this.#handlers = handlers
    this.#socket.on('message', (data, isBinary) => this.#received(data, isBinary))
    // What goes wrong (a broken frame, one too large) is answered by `ws` with the right code, and `close` follows.
    this.#socket.on('error', () => {
      this.#ending = true
    })
    this.#socket.once('close', (code) => this.#gone(code))
  }

  send(message: Uint8Array<ArrayBuffer>): boolean {
    if (this.#ending || this.#socket.readyState !== this.#socket.OPEN) return true
    this.#socket.send(message, { binary: true }, (error) => {
      if (error === undefined || error === null) this.#sent()
    })
    if (this.#socket.bufferedAmount > this.#maxBufferedBytes) {
      this.#ending = true
      this.#warn(`a client was dropped: more than ${this.#maxBufferedBytes} bytes wait for it`)
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
    // The client's answer to the closing handshake must be read.
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

  /** When its turn is over nothing more is read from the client, until the others have had theirs. */
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

  /** Reads on if nothing stands against it, what was held first; else stops reading. */
  #flow(): void {
    if (this.#ending || this.#handlers === undefined) return
    while (!this.#isHeldUp && !this.#ending) {
      const message = this.#held.shift()
      if (message === undefined) break
      this.#deliver(message)
    }
    if (this.#ending) return
    if (this.#isHeldUp) this.#socket.pause()
    else this.#socket.resume()
  }

  #gone(code: number): void {
    // The client may have sent these long before it left; the relay's own queue has room for so little.
    if (!this.#ending) for (const message of this.#held.splice(0)) this.#deliver(message)
    this.#ending = true
    this.#held = []
    const handlers = this.#handlers
    this.#handlers = undefined
    try {
      handlers?.closed({ code })
    } catch (error) {
      this.#warn(`a client's end was not handled: ${oneLine(error)}`)
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

  /** The contract says that handlers do not throw. If one does, its client alone pays for it. */
  #failed(reason: unknown): void {
    this.#warn(`a client's message was not handled: ${oneLine(reason)}`)
    this.close(CLOSE_INTERNAL_ERROR, 'the relay failed')
  }
}

function asBytes(data: RawData): Uint8Array {
  if (Array.isArray(data)) return new Uint8Array(Buffer.concat(data))
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
