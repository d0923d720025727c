import type { ClientMessage, ServerMessage } from '../../src/protocol/index.ts'
import { decodeServerMessage, encodeClientMessage } from '../../src/protocol/index.ts'
import type { ControlSocket, ControlSocketHandlers, Relay } from '../../src/relay/index.ts'

/** A control socket under the test's control, which decides when the client keeps up. */
export class ManualSocket implements ControlSocket {
  readonly received: ServerMessage[] = []
  /** The number of queued bytes from which `send` returns false, until {@link drain}. */
  highWaterBytes = Infinity
  isPaused = false
  /** Messages whose bytes the relay still holds. */
  unsettled = 0
  #bufferedBytes = 0
  readonly #handlers: ControlSocketHandlers

  constructor(relay: Pick<Relay, 'accept'>) {
    this.#handlers = relay.accept(this, { mayHaveKey: true })
  }

  /** Detaches the message's buffer, as a port does. */
  send(message: Uint8Array<ArrayBuffer>): boolean {
    const taken = structuredClone(message, { transfer: [message.buffer] })
    this.received.push(decodeServerMessage(taken))
    this.#bufferedBytes += taken.byteLength
    return this.#bufferedBytes < this.highWaterBytes
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
  }

  close(code = 1000): void {
    this.#handlers.closed({ code })
  }

  /** The client has read everything. */
  drain(): void {
    const wasFull = this.#bufferedBytes >= this.highWaterBytes
    this.#bufferedBytes = 0
    if (wasFull) this.#handlers.drain()
  }

  put(message: ClientMessage): void {
    const settled = this.#handlers.message(encodeClientMessage(message))
    if (settled === undefined) return
    this.unsettled += 1
    void settled.then(() => {
      this.unsettled -= 1
    })
  }

  all<T extends ServerMessage['type']>(type: T): Extract<ServerMessage, { type: T }>[] {
    return this.received.filter((one): one is Extract<ServerMessage, { type: T }> => one.type === type)
  }

  get dataBytes(): number {
    return this.all('data').reduce((sum, { data }) => sum + data.byteLength, 0)
  }
}
