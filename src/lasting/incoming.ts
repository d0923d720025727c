/**
 * The direction of a lasting stream that this side receives: which bytes are new, and how far the other side
 * may send.
 *
 * Invariant: consumed <= received <= limit. The window is the distance from `consumed` to `limit`.
 */
export class Incoming {
  #received = 0
  #consumed = 0
  #limit: number
  #final: number | undefined
  /** What the other side has been told on a carrier of the stream. */
  #toldReceived = 0
  #toldLimit: number
  #isEndTold = false
  /** What it is told if it answers the last RESUME. */
  #offered: { received: number; limit: number; isEnded: boolean } | undefined
  #windowBytes: number

  constructor(windowBytes: number) {
    this.#windowBytes = windowBytes
    this.#limit = windowBytes
    this.#toldLimit = windowBytes
  }

  /** The other side has ended its direction, and every byte before the end has arrived. */
  get isEnded(): boolean {
    return this.#final !== undefined
  }

  /** The end has been acknowledged on a carrier of the stream. */
  get isEndTold(): boolean {
    return this.#isEndTold
  }

  /**
   * Takes DATA.
   *
   * @returns the bytes of it that are new, or undefined if no honest sender sends it: beyond a gap, the
   * window or the end
   */
  take(offset: number, bytes: Uint8Array): Uint8Array | undefined {
    const end = offset + bytes.byteLength
    if (offset > this.#received || end > this.#limit) return undefined
    if (this.#final !== undefined && end > this.#final) return undefined
    const isNew = bytes.subarray(Math.min(bytes.byteLength, this.#received - offset))
    this.#received += isNew.byteLength
    return isNew
  }

  /**
   * Takes FIN.
   *
   * @returns false if no honest sender sends it: bytes are missing before it, or it contradicts an earlier
   * one
   */
  takeEnd(offset: number): boolean {
    if (offset !== this.#received) return false
    this.#final = offset
    return true
  }

  /** So many bytes wait for the reader, who may have put some back. What it has read makes room. */
  hold(bytes: number): void {
    this.#consumed = Math.max(this.#consumed, this.#received - bytes)
  }

  /** The reader keeps up: its window may be larger from now on. */
  grow(maxBytes: number): void {
    this.#windowBytes = Math.max(this.#windowBytes, Math.min(this.#windowBytes * 2, maxBytes))
  }

  /** The window is to have this size at most. What has been promised stays promised. */
  shrink(maxBytes: number): void {
    this.#windowBytes = Math.min(this.#windowBytes, maxBytes)
  }

  /** Enough has changed to tell the other side: a quarter of the window, or the end. */
  get isDue(): boolean {
    if (this.isEnded && !this.#isEndTold) return true
    const quarter = this.#windowBytes / 4
    return (
      this.#received - this.#toldReceived >= quarter ||
      this.#consumed + this.#windowBytes - this.#toldLimit >= quarter
    )
  }

  /** What an acknowledgement says now. Counts it as told. */
  tell(): { received: number; limit: number } {
    const said = this.offer()
    this.noteAnswer()
    return said
  }

  /** What a RESUME says now. It counts as told only once it is answered. */
  offer(): { received: number; limit: number } {
    this.#limit = Math.max(this.#limit, this.#consumed + this.#windowBytes)
    this.#offered = { received: this.#received, limit: this.#limit, isEnded: this.isEnded }
    return { received: this.#received + (this.isEnded ? 1 : 0), limit: this.#limit }
  }

  /** The other side has what was offered last. */
  noteAnswer(): void {
    if (this.#offered === undefined) return
    this.#toldReceived = this.#offered.received
    this.#toldLimit = this.#offered.limit
    this.#isEndTold ||= this.#offered.isEnded
  }
}
