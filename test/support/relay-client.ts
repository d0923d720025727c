import type { ClientMessage, ServerMessage, Subprotocol } from '../../src/protocol/index.ts'
import { decodeServerMessage, encodeClientMessage } from '../../src/protocol/index.ts'
import { until } from './until.ts'

/** One client's socket, on any host. */
export interface ClientSocket {
  send(bytes: Uint8Array<ArrayBuffer> | string): void
  /** How many bytes passed to `send` have not left yet. */
  readonly bufferedAmount: number
  close(): void
  /** Ends it without a Close frame, like the death of a process or a tab. */
  cut(): void
  /** Stops reading from the relay until it is resumed, where the host supports that. */
  pause?(): void
  resume?(): void
}

/** The events of a socket. */
export interface ClientSocketEvents {
  message(bytes: Uint8Array): void
  closed(code: number): void
}

type Received<T extends ServerMessage['type']> = Extract<ServerMessage, { type: T }>

/** A client that speaks the protocol by hand and keeps everything it receives. */
export class RelayClient implements ClientSocketEvents {
  readonly received: ServerMessage[] = []
  readonly subprotocol: Subprotocol
  socket!: ClientSocket
  closedWith: number | undefined

  constructor(subprotocol: Subprotocol = '') {
    this.subprotocol = subprotocol
  }

  message(bytes: Uint8Array): void {
    this.received.push(decodeServerMessage(bytes, this.subprotocol))
  }

  closed(code: number): void {
    this.closedWith = code
  }

  send(message: ClientMessage, form?: 'client' | 'documented'): void {
    this.socket.send(encodeClientMessage(message, form))
  }

  /** All messages of one type so far. */
  all<T extends ServerMessage['type']>(type: T): Received<T>[] {
    return this.received.filter((message): message is Received<T> => message.type === type)
  }

  /** The n-th message of a type, once it has arrived. */
  async next<T extends ServerMessage['type']>(type: T, index = 0): Promise<Received<T>> {
    return await until(
      `message ${index} of type ${type}; there are ${JSON.stringify(
        this.received.slice(-3).map((m) => ('data' in m ? m.type : m)),
        (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v),
      )}`,
      () => this.all(type)[index],
    )
  }

  /** Starts the peer, and returns its Identify. */
  async start(): Promise<Received<'identify'>> {
    const hello = await this.next('hello')
    if (!hello.started) this.send({ type: 'start', key: '' })
    return await this.next('identify')
  }

  async listen(protocol: string, frames = true): Promise<void> {
    const index = this.all('listening').length
    this.send({ type: 'listen', frames, protocol })
    await this.next('listening', index)
  }

  connect(peer: string, protocol: string, frames = true, relay = ''): void {
    this.send({ type: 'connect', peer, protocol, frames, relay })
  }

  /** Counts the bytes that came for an ID, without copying them as {@link RelayClient.dataOf} does. */
  bytesOf(id: bigint): number {
    let bytes = 0
    for (const message of this.received)
      if (message.type === 'data' && message.id === id) bytes += message.data.byteLength
    return bytes
  }

  /** All bytes received for an ID. */
  dataOf(id: bigint): Buffer {
    return Buffer.concat(
      this.all('data')
        .filter((message) => message.id === id)
        .map((message) => message.data),
    )
  }
}
