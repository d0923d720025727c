import type { MessageStreamDirection, Stream } from '@libp2p/interface'
import type { CarrierOwner } from './carrier.ts'
import { Carrier } from './carrier.ts'
import { LastingProtocolError, LastingRefusedError } from './errors.ts'
import type { ReadFrame } from './frames.ts'

/** The stream that a {@link Carriers} serves. */
export interface CarriersOwner {
  /** A frame of the stream itself came, on a carrier that counts. */
  received(frame: ReadFrame): void
  /** What came in one piece has been passed to {@link CarriersOwner.received}. */
  receivedAll(): void
  /**
   * The other side agrees to a change of the carrier, and has this much: called before {@link
   * CarriersOwner.moved}.
   *
   * @returns false if it can't be true; the carrier is not taken then
   */
  agreed(received: number, limit: number): boolean
  /**
   * There is another carrier than before. What the other side has not acknowledged must be sent again, and
   * what it was told must be said again.
   */
  moved(): void
  drained(): void
  /**
   * The present carrier has ended. {@link CarriersOwner.moved} or {@link CarriersOwner.interrupted} follows.
   */
  carrierLost(carrier: Stream, error: Error | undefined): void
  /** There is no carrier any more. */
  interrupted(): void
  /** The other side sent something that is not a frame. */
  broken(error: LastingProtocolError): void
}

/** A carrier that the other side was asked to take. */
interface Candidate {
  carrier: Carrier
  epoch: number
  answered: (error: Error | undefined) => void
}

/**
 * The carriers of one lasting stream: the present one, the one before it, and one that the other side was
 * asked to take.
 *
 * Each change has a number, the epoch: even if the side that opened the stream makes it, odd if the other
 * does. The larger one wins. The carrier before the present one is kept until the other side uses the new
 * one, and takes over again if that is lost first.
 */
export class Carriers implements CarrierOwner {
  readonly #owner: CarriersOwner
  /** What an epoch of this side leaves when divided by two. */
  readonly #parity: 0 | 1
  #present: Carrier | undefined
  /** The carrier before the present one, until the other side uses that. */
  #former: Carrier | undefined
  #candidate: Candidate | undefined
  #epoch = 0
  /** The last change that this side has asked for, answered or not. */
  #askedEpoch = 0
  #isFinished = false

  constructor(owner: CarriersOwner, direction: MessageStreamDirection, first: Carrier) {
    this.#owner = owner
    this.#parity = direction === 'outbound' ? 0 : 1
    this.#present = first
    first.owner = this
  }

  get present(): Carrier | undefined {
    return this.#present
  }

  get epoch(): number {
    return this.#epoch
  }

  /**
   * Asks the other side to continue over this stream. Rejects with a {@link LastingRefusedError} if it
   * refuses, or with the reason of `signal` or the error of the stream; nothing has changed then.
   */
  async ask(
    stream: Stream,
    message: { id: Uint8Array; received: number; limit: number },
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#isFinished) {
      const error = new Error('the stream has ended')
      stream.abort(error)
      throw error
    }
    this.#dropCandidate(new Error('another attempt has begun'))
    const epoch = this.#nextEpoch()
    const carrier = new Carrier(stream, this, 'new')
    const answer = Promise.withResolvers<void>()
    const giveUp = (): void =>
      this.#dropCandidate(signal.reason instanceof Error ? signal.reason : new Error('no answer in time'))
    const answered = (error: Error | undefined): void => {
      signal.removeEventListener('abort', giveUp)
      this.#candidate = undefined
      if (error === undefined) answer.resolve()
      else answer.reject(error)
    }
    this.#candidate = { carrier, epoch, answered }
    signal.addEventListener('abort', giveUp, { once: true })
    if (signal.aborted) giveUp()
    else carrier.send({ type: 'resume', epoch, ...message })
    await answer.promise
  }

  /** Whether the other side may make this change. */
  admits(epoch: number): boolean {
    return (
      epoch % 2 !== this.#parity &&
      epoch > this.#epoch &&
      epoch > (this.#candidate?.epoch ?? 0) &&
      !this.#isFinished
    )
  }

  /** Continues over a carrier of the other side. The caller has checked that it may, and answers it. */
  take(carrier: Carrier, epoch: number): void {
    this.#dropCandidate(new LastingRefusedError('stale-epoch'))
    this.#dropFormer()
    this.#former = this.#present
    this.#use(carrier, epoch)
    carrier.owner = this
  }

  /** Closes everything, after what has been sent has left. */
  finish(): void {
    this.#isFinished = true
    this.#dropCandidate(new Error('the stream has ended'))
    this.#dropFormer()
    this.#present?.close()
    this.#present = undefined
  }

  read(carrier: Carrier, frame: ReadFrame): void {
    if (carrier === this.#candidate?.carrier) {
      this.#onAnswer(this.#candidate, frame)
      return
    }
    if (carrier !== this.#present && carrier !== this.#former) return
    // The other side uses the present carrier, so nothing comes on the one before it.
    if (carrier === this.#present) this.#dropFormer()
    this.#owner.received(frame)
  }

  readAll(): void {
    this.#owner.receivedAll()
  }

  drained(carrier: Carrier): void {
    if (carrier === this.#present) this.#owner.drained()
  }

  lost(carrier: Carrier, error: Error | undefined): void {
    if (carrier === this.#candidate?.carrier) {
      this.#candidate.answered(error ?? new Error('the carrier was lost before it was answered'))
    } else if (carrier !== this.#present && carrier !== this.#former) {
      return
    } else if (error instanceof LastingProtocolError) {
      this.#owner.broken(error)
    } else if (carrier === this.#former) {
      this.#former = undefined
    } else if (carrier === this.#present) {
      this.#owner.carrierLost(carrier.stream, error)
      this.#present = this.#former
      this.#former = undefined
      if (this.#present === undefined) this.#owner.interrupted()
      else this.#owner.moved()
    }
  }

  #onAnswer({ carrier, epoch, answered }: Candidate, frame: ReadFrame): void {
    if (frame.type === 'refused') {
      carrier.close()
      answered(new LastingRefusedError(frame.reason))
      return
    }
    if (frame.type !== 'resumed' || !this.#owner.agreed(frame.received, frame.limit)) {
      const error = new LastingProtocolError(`${frame.type} is no answer to a resumption`)
      carrier.abort(error)
      answered(error)
      return
    }
    // That was the last that the stream waited for.
    if (this.#isFinished) return
    answered(undefined)
    this.#dropFormer()
    this.#present?.abort(new Error('the stream has moved'))
    this.#use(carrier, epoch)
    this.#owner.moved()
  }

  #use(carrier: Carrier, epoch: number): void {
    this.#present = carrier
    this.#epoch = epoch
  }

  #nextEpoch(): number {
    const next = Math.max(this.#epoch, this.#askedEpoch) + 1
    this.#askedEpoch = next % 2 === this.#parity ? next : next + 1
    return this.#askedEpoch
  }

  #dropFormer(): void {
    this.#former?.abort(new Error('the stream has moved'))
    this.#former = undefined
  }

  #dropCandidate(error: Error): void {
    const candidate = this.#candidate
    if (candidate === undefined) return
    candidate.carrier.abort(error)
    candidate.answered(error)
  }
}
