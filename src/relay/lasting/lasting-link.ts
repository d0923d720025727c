import type { Connection } from '@libp2p/interface'
import type { LastingStream } from '../../lasting/index.ts'
import type { StreamStatus } from '../../status/index.ts'
import type { LinkDescription } from '../dialing/link.ts'
import type { LinkState, StreamLink } from '../dialing/stream-link.ts'
import { stateOf } from '../dialing/stream-link.ts'

/** What the client that opened a stream asked for. It also applies to later carriers. */
export interface CarrierWishes {
  /** The multiaddrs in the Connect message. */
  addrs: string[]
  /** The circuit relay to use, as in the Connect message. Empty if any link to the peer will do. */
  relay: string
}

/** The link of a lasting stream, which uses one libp2p connection after another. */
export class LastingLink implements StreamLink {
  readonly wishes: CarrierWishes
  onchange: (() => void) | undefined
  readonly #stream: LastingStream
  #connection: Connection | undefined
  #linkChanges = 0
  #lastLoss: LinkDescription = { text: 'the connection that carried the stream ended', limitReached: false }

  /**
   * `connection` carries the stream now. It is undefined if the stream has already lost its first carrier.
   */
  constructor(stream: LastingStream, connection: Connection | undefined, wishes: CarrierWishes) {
    this.#stream = stream
    this.#connection = connection
    this.wishes = wishes
  }

  get state(): LinkState {
    return this.#connection === undefined ? 'interrupted' : stateOf(this.#connection)
  }

  get connection(): Connection | undefined {
    return this.#connection
  }

  get lasting(): StreamStatus['lasting'] & object {
    return { unacknowledgedBytes: this.#stream.unacknowledgedBytes, linkChanges: this.#linkChanges }
  }

  /** Whether the stream is waiting for another carrier. */
  get isInterrupted(): boolean {
    return this.#stream.end === undefined && this.#connection === undefined
  }

  /** Must be called when the stream has moved to another connection, or has none. */
  move(connection: Connection | undefined): void {
    const before = this.state
    this.#connection = connection
    if (connection !== undefined) this.#linkChanges += 1
    if (this.state !== before) this.onchange?.()
  }

  /**
   * Must be called when the stream has lost a carrier. If no other is found, `description` says why the
   * stream ended.
   */
  noteLoss(description: LinkDescription): void {
    this.#lastLoss = description
  }

  describe(error: Error | undefined): LinkDescription {
    const { text, limitReached } = this.#lastLoss
    return { text: error === undefined ? text : `${text}: ${error.message}`, limitReached }
  }

  lost(): void {
    // The peer needs no new dial: the stream has already looked for another link until its timeout.
  }
}
