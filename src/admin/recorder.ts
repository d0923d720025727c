import { CLIENT_OPCODE, SERVER_OPCODE, decodeServerMessage, encodeServerMessage } from '../protocol/index.ts'
import type { ControlSocket, ControlSocketHandlers } from '../relay/index.ts'
import type { MessageBatch, MessageRecord } from './messages.ts'

/** Messages that are kept; with one more, the oldest goes. */
export const DEFAULT_MAX_RECORDS = 2_000
/** Bytes that are kept of all of them; past that, the oldest go. */
export const DEFAULT_MAX_KEPT_BYTES = 4_194_304
/** Bytes that are kept of one Data message, its header included. */
export const DEFAULT_MAX_DATA_HEAD_BYTES = 1_024
/** Bytes that are kept of any other message. */
export const DEFAULT_MAX_HEAD_BYTES = 16_384
/** Records in one batch. */
export const DEFAULT_MAX_BATCH = 250

/** The bounds of an inspector, each with its named default above. */
export interface InspectorLimits {
  maxRecords: number
  maxKeptBytes: number
  maxDataHeadBytes: number
  maxHeadBytes: number
  maxBatch: number
}

interface Kept extends Omit<MessageRecord, 'head'> {
  bytes: Uint8Array
}

/**
 * Every message of every control socket, while somebody wants to see them. Off, which it is at first, it costs one comparison and
 * an addition per message, and keeps nothing but what was recorded before. A private key is never recorded.
 */
export class Inspector {
  readonly #limits: InspectorLimits
  readonly #now: () => number
  /** The oldest first. The numbers have no gaps. */
  #kept: Kept[] = []
  #keptBytes = 0
  #next = 0
  #isRecording = false
  readonly #carried = { received: 0, sent: 0 }

  constructor(limits: Partial<InspectorLimits> = {}, now: () => number = Date.now) {
    this.#limits = {
      maxRecords: DEFAULT_MAX_RECORDS,
      maxKeptBytes: DEFAULT_MAX_KEPT_BYTES,
      maxDataHeadBytes: DEFAULT_MAX_DATA_HEAD_BYTES,
      maxHeadBytes: DEFAULT_MAX_HEAD_BYTES,
      maxBatch: DEFAULT_MAX_BATCH,
      ...limits,
    }
    this.#now = now
  }

  /** Bytes of all messages of all clients, recorded or not. */
  get carried(): { received: number; sent: number } {
    return { ...this.#carried }
  }

  get isRecording(): boolean {
    return this.#isRecording
  }

  record(on: boolean): void {
    this.#isRecording = on
  }

  /** Drops what was recorded. The numbers go on. */
  forget(): void {
    this.#kept = []
    this.#keptBytes = 0
  }

  /** The records from this number on, a batch at most; those that have gone meanwhile are not in it. */
  batch(from: number): MessageBatch {
    const first = this.#kept[0]?.number ?? this.#next
    const start = Math.min(Math.max(0, from - first), this.#kept.length)
    const records = this.#kept.slice(start, start + this.#limits.maxBatch)
    return {
      recording: this.#isRecording,
      records: records.map(({ bytes, ...record }) => ({ ...record, head: base64(bytes) })),
      next: (records.at(-1)?.number ?? this.#next - 1) + 1,
    }
  }

  /** Lets a control socket in to the relay by `accept`, and sees what passes. `client` is what its records call it. */
  tap(
    socket: ControlSocket,
    client: string,
    accept: (socket: ControlSocket) => ControlSocketHandlers,
  ): ControlSocketHandlers {
    const handlers = accept({
      send: (message) => {
        // Before it is sent: the buffer is given away then.
        this.#carried.received += message.byteLength
        if (this.#isRecording) this.#add(client, 'out', message)
        return socket.send(message)
      },
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      close: (code, reason) => socket.close(code, reason),
    })
    return {
      message: (data) => {
        this.#carried.sent += data.length
        if (this.#isRecording) this.#add(client, 'in', data)
        return handlers.message(data)
      },
      drain: () => handlers.drain(),
      closed: (end) => handlers.closed(end),
    }
  }

  #add(client: string, direction: 'in' | 'out', message: Uint8Array | string): void {
    const text = typeof message === 'string'
    const whole = text ? new TextEncoder().encode(message.slice(0, this.#limits.maxHeadBytes)) : message
    const bytes = this.#head(direction, whole, text)
    const size = text ? new Blob([message]).size : message.byteLength
    this.#kept.push({ number: this.#next, time: this.#now(), client, direction, size, text, bytes })
    this.#next += 1
    this.#keptBytes += bytes.byteLength
    while (this.#kept.length > this.#limits.maxRecords || this.#keptBytes > this.#limits.maxKeptBytes) {
      this.#keptBytes -= this.#kept.shift()?.bytes.byteLength ?? 0
    }
  }

  /** A copy of what may be kept of a message. */
  #head(direction: 'in' | 'out', message: Uint8Array, text: boolean): Uint8Array {
    const { maxDataHeadBytes, maxHeadBytes } = this.#limits
    const opcode = text ? undefined : message[0]
    const data = direction === 'in' ? CLIENT_OPCODE.data : SERVER_OPCODE.data
    if (opcode === data) return message.slice(0, maxDataHeadBytes)
    if (direction === 'in' && opcode === CLIENT_OPCODE.start) return message.slice(0, 1)
    if (direction === 'out' && opcode === SERVER_OPCODE.identify) return withoutKey(message)
    return message.slice(0, maxHeadBytes)
  }
}

function withoutKey(message: Uint8Array): Uint8Array {
  const identify = decodeServerMessage(message)
  return identify.type === 'identify' ? encodeServerMessage({ ...identify, key: '' }) : message.slice(0, 1)
}

function base64(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}
