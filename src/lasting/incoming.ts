/**
 * The receiving direction of a lasting stream. Tracks which bytes are new and how far the other side may
 * send.
 *
 * Invariant: consumed <= received <= limit. The window is the distance from `consumed` to `limit`.
 */
export class Incoming {
  #received = 0
  #consumed = 0
  #limit: number
  #final: number | undefined
  /** The received count and limit that this side last announced to the other side. */
  #announcedReceived = 0
  #announcedLimit: number
  #isEndTold = false
  /** What the last RESUME announced. It counts as announced only once the other side answers. */
  #offered: { received: number; limit: number; isEnded: boolean } | undefined
  #windowBytes: number

  constructor(windowBytes: number) {
    this.#windowBytes = windowBytes
    this.#limit = windowBytes
    this.#announcedLimit = windowBytes
  }

  /** Whether the other side has ended its direction and every byte before the end has arrived. */
  get isEnded(): boolean {
    return this.#final !== undefined
  }

  /** Whether this side has acknowledged the end. */
  get isEndTold(): boolean {
    return this.#isEndTold
  }

  /**
   * Processes a piece of DATA.
   *
   * @returns the new bytes, or undefined if the data is invalid: it leaves a gap, or exceeds the
   * window or the end
   */
  take(offset: number, bytes: Uint8Array): Uint8Array | undefined {
    const end = offset + bytes.byteLength
    if (offset > this.#received || end > this.#limit) return undefined
    if (this.#final !== undefined && end > this.#final) return undefined
    const knownBytes = this.#received - offset
    const isNew = knownBytes === 0 ? bytes : bytes.subarray(Math.min(bytes.byteLength, knownBytes))
    this.#received += isNew.byteLength
    return isNew
  }

  /**
   * Processes a FIN.
   *
   * @returns false if it is invalid: bytes before it are missing, or it contradicts an earlier FIN
   */
  takeEnd(offset: number): boolean {
    if (offset !== this.#received) return false
    this.#final = offset
    return true
  }

  /**
   * Records that `bytes` received bytes are unread. The window never shrinks by it, although a reader may put
   * bytes back.
   */
  hold(bytes: number): void {
    this.#consumed = Math.max(this.#consumed, this.#received - bytes)
  }

  /** Doubles the window, up to `maxBytes`. Call it when the reader keeps up. */
  grow(maxBytes: number): void {
    this.#windowBytes = Math.max(this.#windowBytes, Math.min(this.#windowBytes * 2, maxBytes))
  }

  /** Reduces the window to `maxBytes` if it is larger. A limit that was announced stays valid. */
  shrink(maxBytes: number): void {
    this.#windowBytes = Math.min(this.#windowBytes, maxBytes)
  }

  /**
   * Whether an acknowledgement is due: a quarter of the window has been received or freed, or the end has
   * arrived.
   */
  get isDue(): boolean {
    if (this.isEnded && !this.#isEndTold) return true
    const quarter = this.#windowBytes / 4
    return (
      this.#received - this.#announcedReceived >= quarter ||
      this.#consumed + this.#windowBytes - this.#announcedLimit >= quarter
    )
  }

  /** Returns the values for an acknowledgement and counts them as announced. */
  tell(): { received: number; limit: number } {
    const announced = this.offer()
    this.noteAnswer()
    return announced
  }

  /** Returns the values for a RESUME. They count as announced only after {@link noteAnswer}. */
  offer(): { received: number; limit: number } {
    this.#limit = Math.max(this.#limit, this.#consumed + this.#windowBytes)
    this.#offered = { received: this.#received, limit: this.#limit, isEnded: this.isEnded }
    return { received: this.#received + (this.isEnded ? 1 : 0), limit: this.#limit }
  }

  /** Counts the last offer as announced: the other side has received it. */
  noteAnswer(): void {
    if (this.#offered === undefined) return
    this.#announcedReceived = this.#offered.received
    this.#announcedLimit = this.#offered.limit
    this.#isEndTold ||= this.#offered.isEnded
  }
}
