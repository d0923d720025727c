import type { MessageStreamDirection, Stream } from '@libp2p/interface'
import type { CarrierOwner } from './carrier.ts'
import { Carrier } from './carrier.ts'
import { LastingProtocolError, LastingRefusedError } from './errors.ts'
import type { ReadFrame } from './frames.ts'

/** The lasting stream that a {@link Carriers} belongs to. */
export interface CarriersOwner {
  /** Called with each frame from the current carrier or the previous one. */
  received(frame: ReadFrame): void
  /** Called when every frame of a received message has been passed to {@link CarriersOwner.received}. */
  receivedAll(): void
  /**
   * Called when the other side agrees to change the carrier, before {@link CarriersOwner.moved}. The
   * parameters are its received count and its limit.
   *
   * @returns false if the values are impossible; the carrier is then not used
   */
  agreed(received: number, limit: number): boolean
  /**
   * Called when the carrier has changed. Unacknowledged data and the last acknowledgement must be sent again.
   */
  moved(): void
  drained(): void
  /**
   * Called when the current carrier has ended. {@link CarriersOwner.moved} or {@link
   * CarriersOwner.interrupted} follows.
   */
  carrierLost(carrier: Stream, error: Error | undefined): void
  /** Called when the stream has no carrier left. */
  interrupted(): void
  /** Called when the other side sends an invalid frame. */
  broken(error: LastingProtocolError): void
}

/** A carrier that this side has asked to switch to. */
interface Candidate {
  carrier: Carrier
  epoch: number
  answered: (error: Error | undefined) => void
}

/**
 * The carriers of one lasting stream: the current one, the previous one, and a candidate that this side has
 * asked to switch to.
 *
 * Each change of carrier has a number, the epoch. Changes by the side that opened the stream are even,
 * changes by the other side are odd, and the larger number wins. The previous carrier is kept until the other
 * side uses the current one. If the current one is lost before that, the previous one is used again.
 */
export class Carriers implements CarrierOwner {
  readonly #owner: CarriersOwner
  /** The parity of the epochs that this side may choose. */
  readonly #parity: 0 | 1
  #present: Carrier | undefined
  /** The previous carrier, until the other side uses the current one. */
  #previous: Carrier | undefined
  #candidate: Candidate | undefined
  #epoch = 0
  /** The last epoch that this side has asked for, whether or not it was answered. */
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
   * refuses, with the reason of `signal`, or with the stream's error. If it rejects, the carrier is
   * unchanged.
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
    this.#dropCandidate(new Error('a newer attempt to change the carrier replaced this one'))
    const epoch = this.#nextEpoch()
    const carrier = new Carrier(stream, this, 'new')
    const answer = Promise.withResolvers<void>()
    const giveUp = (): void =>
      this.#dropCandidate(
        signal.reason instanceof Error
          ? signal.reason
          : new Error('the attempt to change the carrier was aborted'),
      )
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

  /** Whether the other side may change the carrier with this epoch. */
  admits(epoch: number): boolean {
    return (
      epoch % 2 !== this.#parity &&
      epoch > this.#epoch &&
      epoch > (this.#candidate?.epoch ?? 0) &&
      !this.#isFinished
    )
  }

  /**
   * Continues over a carrier that the other side opened. The caller must check {@link admits} first and send
   * the answer.
   */
  take(carrier: Carrier, epoch: number): void {
    this.#dropCandidate(new LastingRefusedError('stale-epoch'))
    this.#dropPrevious()
    this.#previous = this.#present
    this.#use(carrier, epoch)
    carrier.owner = this
  }

  /** Closes the current carrier once its data has been sent, and aborts the others. */
  finish(): void {
    this.#isFinished = true
    this.#dropCandidate(new Error('the stream has ended'))
    this.#dropPrevious()
    this.#present?.close()
    this.#present = undefined
  }

  read(carrier: Carrier, frame: ReadFrame): void {
    if (carrier === this.#candidate?.carrier) {
      this.#onAnswer(this.#candidate, frame)
      return
    }
    if (carrier !== this.#present && carrier !== this.#previous) return
    // The other side now uses the current carrier, so no more data arrives on the previous one.
    if (carrier === this.#present) this.#dropPrevious()
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
      this.#candidate.answered(error ?? new Error('the carrier was lost before the other side answered'))
    } else if (carrier !== this.#present && carrier !== this.#previous) {
      return
    } else if (error instanceof LastingProtocolError) {
      this.#owner.broken(error)
    } else if (carrier === this.#previous) {
      this.#previous = undefined
    } else if (carrier === this.#present) {
      this.#owner.carrierLost(carrier.stream, error)
      this.#present = this.#previous
      this.#previous = undefined
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
      const error = new LastingProtocolError(`${frame.type} is not a valid answer to resume`)
      carrier.abort(error)
      answered(error)
      return
    }
    // The acknowledgement in the answer may have finished the stream.
    if (this.#isFinished) return
    answered(undefined)
    this.#dropPrevious()
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

  #dropPrevious(): void {
    this.#previous?.abort(new Error('the stream has moved'))
    this.#previous = undefined
  }

  #dropCandidate(error: Error): void {
    const candidate = this.#candidate
    if (candidate === undefined) return
    candidate.carrier.abort(error)
    candidate.answered(error)
  }
}
