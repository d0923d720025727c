import type { Stream } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import type { Frame, ReadFrame } from './frames.ts'
import { END_OF_PROPOSALS, FrameReader, LASTING_PROTOCOL, encodeFrame, encodeProposal } from './frames.ts'

/**
 * Milliseconds for a carrier that this side has closed to send what it holds, and for the other side to close
 * it.
 */
const CLOSE_TIMEOUT_MS = 10_000

/** Who has a carrier. */
export interface CarrierOwner {
  read(carrier: Carrier, frame: ReadFrame): void
  /** Everything that came in one piece has been read. Not called once the carrier is closed. */
  readAll(carrier: Carrier): void
  /** The carrier takes data again after it was full. */
  drained(carrier: Carrier): void
  /** Called once, unless this side closed the carrier: it ended, or sent something that is not a frame. */
  lost(carrier: Carrier, error: Error | undefined): void
}

/** How far the opening of a carrier has come. */
export type CarrierState =
  /**
   * This side has opened it and sent nothing. If the stream's `protocol` is empty, it is negotiated in one
   * piece with the first frame.
   */
  | 'new'
  /** This side has opened it, and has sent the name of the protocol that it is for. */
  | 'named'
  /** The other side has opened it. */
  | 'accepted'

/** One libp2p stream that carries the frames of one lasting stream for a while. */
export class Carrier {
  readonly stream: Stream
  #owner: CarrierOwner
  readonly #reader: FrameReader
  readonly #listening = new AbortController()
  #isOpen = true
  /** What goes in front of the first bytes, in one piece with them. */
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
    // A carrier has no half-closed state: its other end closes it once the lasting stream has ended, or gave
    // up on it.
    stream.addEventListener('remoteCloseWrite', () => queueMicrotask(() => this.#lose(undefined)), { signal })
    stream.addEventListener('close', (event) => queueMicrotask(() => this.#lose(event.error)), { signal })
    stream.addEventListener('message', ({ data }) => this.#read(data), { signal })
    // It may have ended before it had an owner. What has arrived is read first.
    if (stream.status !== 'open' || stream.remoteWriteStatus === 'closed')
      queueMicrotask(() => this.#lose(undefined))
  }

  /** Frames that come from now on are this owner's. */
  set owner(owner: CarrierOwner) {
    this.#owner = owner
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /**
   * It takes no more data until {@link CarrierOwner.drained} is called. Control frames are few, and may be
   * sent regardless.
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
      // It has closed; its close event is on its way.
      this.stream.log.trace('carrier: send - %e', error)
    }
  }

  /** Closes it once everything sent has left. What still arrives is dropped. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    void this.#finish()
  }

  /** Closes it immediately. What it holds is dropped. */
  abort(error: Error): void {
    this.#isOpen = false
    this.#listening.abort()
    this.stream.abort(error)
  }

  #read(data: Uint8Array | Uint8ArrayList): void {
    try {
      for (const chunk of data instanceof Uint8Array ? [data] : data) {
        this.#reader.push(chunk, (frame) => {
          if (this.#isOpen) this.#owner.read(this, frame)
        })
      }
      this.#readAll()
    } catch (error) {
      this.#readAll()
      this.#lose(
        error instanceof Error ? error : new Error('the carrier could not be read', { cause: error }),
      )
    }
  }

  #readAll(): void {
    if (this.#isOpen) this.#owner.readAll(this)
  }

  #lose(error: Error | undefined): void {
    if (!this.#isOpen) return
    this.abort(error ?? new Error('the carrier has ended'))
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
