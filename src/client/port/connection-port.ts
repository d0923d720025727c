import { ClientError } from '../client-error.ts'
import type { Connection } from '../connection.ts'
import { decodeValue } from './decode-value.ts'
import { encodeValue } from './encode-value.ts'
import type { PortFrame } from './port-frames.ts'
import { PORT_FRAME, decodePortFrame, encodePortFrame } from './port-frames.ts'
import { TransferredPorts } from './transferred-ports.ts'

/** Bytes of one part. Longer messages are sent in several, of which all but the last have this size. */
const PART_BYTES = 1_048_576

/** Bytes of one encoded message: 32 MiB. A longer one is not sent, and a remote that sends one is reset. */
export const DEFAULT_MAX_PORT_MESSAGE_BYTES = 33_554_432

type PortEvents = Pick<MessagePort, 'addEventListener' | 'removeEventListener' | 'dispatchEvent'>
type PortHandler = ((this: MessagePort, event: MessageEvent) => unknown) | null

/** The platform's EventTarget with the types of a MessagePort. */
const PortEventTarget = EventTarget as unknown as new () => PortEvents

/**
 * One end of a connection as a MessagePort.
 *
 * Messages, and those of ports that were transferred, are delivered from `start()` on, and wait in the
 * connection before that, even if it ends meanwhile. Once the connection has ended, a `close` event is
 * dispatched after the last message, or at once if the port isn't started, and what is posted is dropped, as
 * on any port without another end.
 */
export class ConnectionPort extends PortEventTarget implements MessagePort {
  readonly #connection: Connection
  readonly #transferred: TransferredPorts
  /** The parts of a message that isn't complete. */
  #parts: Uint8Array[] = []
  #partBytes = 0
  /** Resolves when all messages are delivered. Undefined until the port is started. */
  #reading: Promise<void> | undefined
  /** Whether this side has closed the port. */
  #isClosed = false
  /** Whether the connection has ended, so there is nobody to post to. */
  #hasEnded = false
  #onmessage: PortHandler = null
  #onmessageerror: PortHandler = null

  constructor(connection: Connection) {
    super()
    this.#connection = connection
    this.#transferred = new TransferredPorts(connection.direction, {
      post: (port, value) => this.#post(port, value, undefined),
      close: (port) => this.#send({ port, kind: PORT_FRAME.close, body: new Uint8Array() }),
      failed: () => connection.reset(),
    })
    this.addEventListener('message', (event) => this.#onmessage?.(event))
    this.addEventListener('messageerror', (event) => this.#onmessageerror?.(event))
    void connection.closed.then(() => this.#end())
  }

  get onmessage(): PortHandler {
    return this.#onmessage
  }

  /** As on any port, setting this starts it. */
  set onmessage(handler: PortHandler) {
    this.#onmessage = handler
    this.start()
  }

  get onmessageerror(): PortHandler {
    return this.#onmessageerror
  }

  set onmessageerror(handler: PortHandler) {
    this.#onmessageerror = handler
  }

  postMessage(message: unknown, options?: Transferable[] | StructuredSerializeOptions): void {
    if (this.#isClosed || this.#hasEnded) return
    const transfer = Array.isArray(options) ? options : (options?.transfer ?? [])
    this.#post(0, message, transfer)
  }

  start(): void {
    if (this.#isClosed) return
    this.#reading ??= this.#read()
  }

  close(): void {
    this.#isClosed = true
    this.#transferred.closeAll()
    this.#connection.close()
  }

  async #read(): Promise<void> {
    try {
      for await (const frame of this.#connection) if (!this.#isClosed) this.#receive(decodePortFrame(frame))
      // The remote has closed its port, and there is nobody to send to any more.
      this.#connection.close()
    } catch (error) {
      // A connection that has ended says why by `closed`. Otherwise, the remote has broken the format.
      if (!(error instanceof ClientError)) this.#connection.reset()
    }
    // Ports can arrive in messages that waited for the start until the connection had ended.
    if (this.#hasEnded) this.#transferred.closeAll()
  }

  #receive({ port, kind, body }: PortFrame): void {
    switch (kind) {
      case PORT_FRAME.part:
        // So the number of parts is bounded by their bytes.
        if (body.byteLength !== PART_BYTES) throw new RangeError(`a part has ${body.byteLength} bytes`)
        return this.#keep(body)
      case PORT_FRAME.message:
        this.#keep(body)
        return this.#deliver(port, this.#takeParts())
      case PORT_FRAME.close:
        return this.#transferred.closedByRemote(port)
      default:
        throw new RangeError(`the kind of frame ${kind} is unknown`)
    }
  }

  #keep(part: Uint8Array): void {
    this.#partBytes += part.byteLength
    if (this.#partBytes > DEFAULT_MAX_PORT_MESSAGE_BYTES) throw new RangeError('the message is too large')
    this.#parts.push(part)
  }

  #takeParts(): Uint8Array {
    const [first = new Uint8Array(), ...others] = this.#parts
    const whole = others.length === 0 ? first : new Uint8Array(this.#partBytes)
    let offset = 0
    if (whole !== first) {
      for (const part of this.#parts) {
        whole.set(part, offset)
        offset += part.byteLength
      }
    }
    this.#parts = []
    this.#partBytes = 0
    return whole
  }

  #deliver(port: number, bytes: Uint8Array): void {
    const ports: MessagePort[] = []
    let data: unknown
    try {
      data = decodeValue(bytes, (id) => {
        const arrived = this.#transferred.arrived(id)
        ports.push(arrived)
        return arrived
      })
    } catch {
      // What HTML prescribes for a message that can't be deserialized. The next one may be valid.
      this.dispatchEvent(new MessageEvent('messageerror'))
      return
    }
    if (port === 0) this.dispatchEvent(new MessageEvent('message', { data, ports }))
    else this.#transferred.deliver(port, data, ports)
  }

  /** Without `transfer`, all ports in the value are transferred: it has come out of a port. */
  #post(port: number, value: unknown, transfer: readonly Transferable[] | undefined): void {
    const numbers = new Map<MessagePort, number>()
    const bytes = encodeValue(value, (one) =>
      transfer?.includes(one) === false ? undefined : this.#transferred.numberFor(one, numbers),
    )
    if (bytes.byteLength > DEFAULT_MAX_PORT_MESSAGE_BYTES) {
      throw new ClientError(
        'ERR_MESSAGE_TOO_LARGE',
        `The message has ${bytes.byteLength} bytes, but the limit is ${DEFAULT_MAX_PORT_MESSAGE_BYTES}.`,
      )
    }
    let offset = 0
    try {
      for (; bytes.byteLength - offset > PART_BYTES; offset += PART_BYTES) {
        this.#send({ port, kind: PORT_FRAME.part, body: bytes.subarray(offset, offset + PART_BYTES) })
      }
      this.#send({ port, kind: PORT_FRAME.message, body: bytes.subarray(offset) })
    } catch (error) {
      // The remote has a part of the message, and would take the next message for the rest.
      if (offset > 0) this.#connection.reset()
      throw error
    }
    this.#transferred.transfer(numbers)
  }

  /** Sends a frame, unless the connection has ended: a port without another end drops what is posted. */
  #send(frame: PortFrame): void {
    if (this.#isClosed || this.#hasEnded) return
    try {
      this.#connection.send(encodePortFrame(frame))
    } catch (error) {
      if (!(error instanceof ClientError) || error.code !== 'ERR_CONNECTION_CLOSED') throw error
    }
  }

  async #end(): Promise<void> {
    this.#hasEnded = true
    await this.#reading
    this.#transferred.closeAll()
    this.dispatchEvent(new Event('close'))
  }
}
