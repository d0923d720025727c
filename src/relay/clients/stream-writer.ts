import type { Stream } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import { QUEUED_WRITE_OVERHEAD_BYTES } from '../bounds.ts'
import { messageOf } from '../log.ts'
import { frameHeader } from './framing.ts'

interface QueuedWrite {
  data: Uint8Array | Uint8ArrayList
  handedOver: () => void
}

/**
 * Writes a client's Data to a stream, and queues it while the stream is full. The caller bounds the queue.
 */
export class StreamWriter {
  readonly #stream: Stream
  readonly #frames: boolean
  readonly #debug: (line: string) => void
  readonly #queue: QueuedWrite[] = []
  #queuedBytes = 0
  #streamIsFull = false
  readonly #emptied: (() => void)[] = []

  /** With `frames`, each write becomes one frame. `debug` takes lines for the log. */
  constructor(stream: Stream, frames: boolean, debug: (line: string) => void) {
    this.#stream = stream
    this.#frames = frames
    this.#debug = debug
  }

  /** Bytes in the queue, including {@link QUEUED_WRITE_OVERHEAD_BYTES} for each write. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** Bytes that have not left this machine yet: those in the queue and in the stream. */
  get unsentBytes(): number {
    return this.#queuedBytes + this.#stream.writeBufferLength
  }

  /**
   * Writes one payload. If the stream is full, queues it and returns a promise that resolves when the payload
   * was written or dropped.
   */
  write(payload: Uint8Array): void | Promise<void> {
    const data = this.#frames ? new Uint8ArrayList(frameHeader(payload.byteLength), payload) : payload
    if (data.byteLength === 0) return
    if (!this.#streamIsFull) {
      this.#send(data)
      return
    }
    this.#queuedBytes += data.byteLength + QUEUED_WRITE_OVERHEAD_BYTES
    return new Promise((handedOver) => this.#queue.push({ data, handedOver }))
  }

  /** Writes the queue to the stream. Call it when the stream may have room again. */
  drain(): void {
    // The event can belong to another stream of the muxer, while this one's window is still used up.
    this.#streamIsFull = this.#stream.writableNeedsDrain
    while (!this.#streamIsFull) {
      const next = this.#queue.shift()
      if (next === undefined) {
        this.#noteEmpty()
        return
      }
      this.#queuedBytes -= next.data.byteLength + QUEUED_WRITE_OVERHEAD_BYTES
      this.#send(next.data)
      next.handedOver()
    }
  }

  /** Drops the queue. Call it when the stream accepts nothing any more. */
  drop(): void {
    for (const { handedOver } of this.#queue.splice(0)) handedOver()
    this.#queuedBytes = 0
    this.#noteEmpty()
  }

  /** Resolves when the queue is empty: everything was written or dropped. */
  async emptied(): Promise<void> {
    if (this.#queue.length === 0) return
    await new Promise<void>((resolve) => this.#emptied.push(resolve))
  }

  #noteEmpty(): void {
    for (const resolve of this.#emptied.splice(0)) resolve()
  }

  #send(data: Uint8Array | Uint8ArrayList): void {
    try {
      this.#streamIsFull = !this.#stream.send(data)
    } catch (error) {
      // The stream has closed; its close event says why.
      this.#debug(`send: ${messageOf(error)}`)
    }
  }
}
