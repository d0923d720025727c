import type { Stream } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import type { Frame, ReadFrame } from './frames.ts'
import { FrameReader } from './frame-reader.ts'
import { END_OF_PROPOSALS, LASTING_PROTOCOL, encodeFrame, encodeProposal } from './frames.ts'

/**
 * Milliseconds for a carrier to send its buffered data and be closed by the other side, after this side has
 * closed it.
 */
const CLOSE_TIMEOUT_MS = 10_000

/** Receives the frames and events of a {@link Carrier}. */
export interface CarrierOwner {
  read(carrier: Carrier, frame: ReadFrame): void
  /** Called when every frame of a received message has been read. Not called after the carrier is closed. */
  readAll(carrier: Carrier): void
  /** Called when a full carrier accepts data again. */
  drained(carrier: Carrier): void
  /** Called once if the carrier ends or receives an invalid frame. Not called if this side closes it. */
  lost(carrier: Carrier, error: Error | undefined): void
}

/** The state of a carrier when its stream is passed to the constructor. */
export type CarrierState =
  /**
   * This side opened it and has sent nothing. If the stream's `protocol` is empty, the negotiation is sent
   * together with the first frame.
   */
  | 'new'
  /** This side opened it and has sent the name of the application's protocol. */
  | 'named'
  /** The other side opened it. */
  | 'accepted'

/** One libp2p stream that carries the frames of one lasting stream for a while. */
export class Carrier {
  readonly stream: Stream
  #owner: CarrierOwner
  readonly #reader: FrameReader
  readonly #listening = new AbortController()
  #isOpen = true
  /** Sent before the first bytes, in the same message. */
  #preface: Uint8ArrayList | undefined

  constructor(stream: Stream, owner: CarrierOwner, state: CarrierState) {
    this.stream = stream
    this.#owner = owner
    if (state === 'new' && stream.protocol === '') {
      this.#reader = new FrameReader('answers')
      this.#preface = new Uint8ArrayList(encodeProposal(), END_OF_PROPOSALS)
      stream.protocol = LASTING_PROTOCOL
    } else {
      this.#reader = new FrameReader(state === 'accepted' ? 'name-or-frame' : 'frame')
      if (state === 'new') this.#preface = new Uint8ArrayList(END_OF_PROPOSALS)
    }
    const { signal } = this.#listening
    stream.addEventListener('drain', () => queueMicrotask(() => this.#isOpen && this.#owner.drained(this)), {
      signal,
    })
    // A carrier has no half-closed state: the other side closes it once the lasting stream has ended, or if
    // it no longer uses the carrier.
    stream.addEventListener('remoteCloseWrite', () => queueMicrotask(() => this.#lose(undefined)), { signal })
    stream.addEventListener('close', (event) => queueMicrotask(() => this.#lose(event.error)), { signal })
    stream.addEventListener('message', ({ data }) => this.#read(data), { signal })
    // The stream may already have ended. The microtask lets the data that has arrived be read first.
    if (stream.status !== 'open' || stream.remoteWriteStatus === 'closed')
      queueMicrotask(() => this.#lose(undefined))
  }

  /** Passes all further frames and events to this owner. */
  set owner(owner: CarrierOwner) {
    this.#owner = owner
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /**
   * Whether to send no more data until {@link CarrierOwner.drained} is called. Control frames are few and may
   * be sent anyway.
   */
  get isFull(): boolean {
    return this.stream.writableNeedsDrain
  }

  send(frame: Frame): void {
    this.sendBytes(encodeFrame(frame))
  }

  sendBytes(bytes: Uint8Array | Uint8ArrayList): void {
    if (!this.#isOpen) return
    const preface = this.#preface
    this.#preface = undefined
    try {
      preface?.append(bytes)
      this.stream.send(preface ?? bytes)
    } catch (error) {
      // The stream has closed; its `close` event follows.
      this.stream.log.trace('carrier: send - %e', error)
    }
  }

  /** Closes the carrier once all data has been sent. Frames that still arrive are dropped. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    void this.#finish()
  }

  /** Closes the carrier immediately and drops its buffered data. */
  abort(error: Error): void {
    this.#isOpen = false
    this.#listening.abort()
    this.stream.abort(error)
  }

  #read(data: Uint8Array | Uint8ArrayList): void {
    try {
      for (const chunk of data instanceof Uint8Array ? [data] : data) {
        this.#reader.push(chunk, this.#readFrame)
      }
      this.#readAll()
    } catch (error) {
      this.#readAll()
      this.#lose(
        error instanceof Error ? error : new Error('the carrier could not be read', { cause: error }),
      )
    }
  }

  readonly #readFrame = (frame: ReadFrame): void => {
    if (this.#isOpen) this.#owner.read(this, frame)
  }

  #readAll(): void {
    if (this.#isOpen) this.#owner.readAll(this)
  }

  #lose(error: Error | undefined): void {
    if (!this.#isOpen) return
    this.abort(error ?? new Error('the carrier was closed'))
    this.#owner.lost(this, error)
  }

  async #finish(): Promise<void> {
    if (this.stream.status === 'open') {
      const timer = setTimeout(
        () => this.stream.abort(new Error('the carrier did not close in time')),
        CLOSE_TIMEOUT_MS,
      )
      this.stream.addEventListener('close', () => clearTimeout(timer), { once: true })
    }
    try {
      await this.stream.close()
      await this.stream.closeRead()
    } catch (error) {
      this.stream.log.trace('carrier: close - %e', error)
    } finally {
      this.#listening.abort()
    }
  }
}
