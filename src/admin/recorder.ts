import { CLIENT_OPCODE, SERVER_OPCODE, decodeServerMessage, encodeServerMessage } from '../protocol/index.ts'
import type { ControlSocket, ControlSocketHandlers } from '../relay/index.ts'
import type { MessageBatch, MessageRecord } from './messages.ts'

/** Messages kept. Each further one displaces the oldest. */
export const DEFAULT_MAX_RECORDS = 2_000
/** Bytes kept of all messages together. Beyond that, the oldest are dropped. */
export const DEFAULT_MAX_KEPT_BYTES = 4_194_304
/** Bytes kept of one Data message, including its header. */
export const DEFAULT_MAX_DATA_HEAD_BYTES = 1_024
/** Bytes kept of any other message. */
export const DEFAULT_MAX_HEAD_BYTES = 16_384
/** Records in one batch. */
export const DEFAULT_MAX_BATCH = 250

/** The bounds of a {@link Recorder}, each with its named default above. */
export interface RecorderLimits {
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
 * Records the messages of all control sockets while recording is on. It is off at first, and then costs one
 * comparison and one addition per message. Private keys are never recorded.
 */
export class Recorder {
  readonly #limits: RecorderLimits
  readonly #now: () => number
  /** Oldest first. Invariant: the record numbers have no gaps. */
  #kept: Kept[] = []
  #keptBytes = 0
  #next = 0
  #isRecording = false
  readonly #carried = { received: 0, sent: 0 }

  constructor(limits: Partial<RecorderLimits> = {}, now: () => number = Date.now) {
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

  /** Bytes of all messages of all clients, recorded or not: `sent` by clients, `received` by them. */
  get carried(): { received: number; sent: number } {
    return { ...this.#carried }
  }

  get isRecording(): boolean {
    return this.#isRecording
  }

  record(on: boolean): void {
    this.#isRecording = on
  }

  /** Drops all records. Numbering continues where it was. */
  forget(): void {
    this.#kept = []
    this.#keptBytes = 0
  }

  /** Returns at most one batch of records from number `from` on, without those already dropped. */
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

  /** Passes a control socket to the relay by `accept`, and records its messages under the name `client`. */
  tap(
    socket: ControlSocket,
    client: string,
    accept: (socket: ControlSocket) => ControlSocketHandlers,
  ): ControlSocketHandlers {
    const handlers = accept({
      send: (message) => {
        // Recorded before it is sent, because sending may transfer the buffer.
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

  /** Copies the part of a message that may be kept. */
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
